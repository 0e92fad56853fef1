// The live page of ntan, and its report: wires the parts together.

import { Alerts } from "./alerts";
import { Charts } from "./charts";
import { Controls } from "./controls";
import { byId, show } from "./dom";
import { Drawer } from "./drawer";
import { Exports } from "./exports";
import { Feed } from "./feed";
import { mountFigures } from "./figures";
import { mountFooter } from "./footer";
import { Interfaces } from "./interfaces";
import type { ReportData } from "./model";
import { mountHealth, mountProtocols } from "./sidebar";
import { States } from "./states";
import { Store } from "./store";
import { Tables, askReport, askServer } from "./tables";
import { mountTheme } from "./theme";

/** A report carries its data; then there is no server to ask. */
function reportData(): ReportData | null {
  const text = document.getElementById("ntan-data")?.textContent;
  return text ? (JSON.parse(text) as ReportData) : null;
}

function mount(report: ReportData | null): void {
  const store = new Store();
  const interfaces = new Interfaces(store);
  const feed = report ? null : new Feed(store);
  const controls = new Controls(store, interfaces,
    { source: byId("source"), filter: byId("filter"), run: byId("run"), status: byId("status") });
  const exporter = report ? null : new Exports(store, byId("exports"));
  show(byId("exports"), report === null);
  new States(store, controls, interfaces, feed, { start: byId("start"), dashboard: byId("dashboard"), banners: byId("banners") });

  mountFigures(store, byId("figures"));
  const charts = new Charts(store, byId("charts"));
  mountProtocols(store, byId("protocols"));
  mountHealth(store, byId("health"));
  const drawer = new Drawer(byId<HTMLDialogElement>("drawer"), {
    pcap: exporter ? (parameters) => exporter.pcap(parameters) : undefined,
    find: (table, words) => tables.find(table, words),
  });
  new Alerts(store, byId("alerts"), byId("alert-log"), {
    pcap: exporter ? ({ scan }) => exporter.pcap({ scan: scan.id }) : undefined,
    filter: (words) => tables.find("flows", words),
    details: (line) => drawer.open(line),
  });
  const tables = new Tables(store, byId("tables"), report ? askReport(report) : askServer, report, (line) => drawer.open(line));
  mountFooter(store, byId("footer"));
  mountTheme(byId("theme"), () => charts.restyle());

  if (report) {
    document.title = `${report.title} – ntan`;
    store.link = "report";
    store.load(report.state);
    void tables.refresh();
  } else {
    controls.onStarted = () => {
      feed?.refresh();
      void tables.refresh();
    };
    void interfaces.refresh();
    feed?.start();
  }
}

mount(reportData());
