// What the server's API speaks of. Absent members were not observed.

export type Row = (number | null)[];

export interface History {
  columns: string[];
  rows: Row[];
}

export type Status = "idle" | "running" | "stopped" | "failed" | "ended";

export interface Failure {
  error: string;
  hints?: string[];
  exit_code?: number;
}

export interface Totals {
  packets?: number;
  bytes?: number;
  events?: number;
  flows?: number;
  flows_active?: number;
  scans?: number;
  /** Of them, how many go on. */
  scans_open?: number;
  received?: number;
  dropped_by_kernel?: number;
  dropped_by_interface?: number;
  dropped_by_ntan?: number;
  input_truncated?: boolean;
  input_damaged?: boolean;
}

export interface Held {
  events?: number;
  packets?: number;
  bytes: number;
  capacity: number;
  given_up?: number;
}

export interface Progress {
  bytes: number;
  size: number;
}

/** What a process takes of its machine. */
export interface Load {
  /** Of one core. */
  cpu_ratio: number;
  resident_bytes: number;
}

export interface Talker {
  ip: string;
  bytes: number;
  pkts: number;
}

export interface ProtocolShare {
  level: "link" | "network" | "transport" | "application";
  name: string;
  pkts: number;
  bytes: number;
  flows?: number;
}

/** A line of NDJSON: the envelope, and an object under the event's name. */
export interface EventLine {
  event: string;
  ts: string;
  flow_id?: string;
  src_ip?: string;
  src_port?: number;
  dst_ip?: string;
  dst_port?: number;
  proto?: string;
  [name: string]: unknown;
}

export interface ScanSample {
  ts: string;
  dst_ip?: string;
  port?: number;
  outcome?: string;
  step: number;
  sum: number;
  packet?: number;
}

/** As readScan() leaves it: a text that is absent is empty. */
export interface Scan {
  id: string;
  phase: string;
  kind: string;
  kind_hint: string;
  technique: string;
  why: string;
  detect_ts: string;
  first_ts: string;
  last_ts: string;
  score?: number;
  threshold?: number;
  confidence?: number;
  severity: string;
  targets?: string[];
  hosts?: number;
  ports?: number;
  probes?: number;
  port_ranges?: string[];
  refused?: number;
  half_open?: number;
  silent?: number;
  connect?: number;
  data?: number;
  stealth?: number;
  open?: string[];
  rate_pps?: number;
  ttl?: number[];
  src_ports?: number[];
  sample?: ScanSample[];
  members?: string[];
  members_total?: number;
  visibility: string;
  capture_ok?: boolean;
  guards?: string[];
}

export interface ScanLine extends EventLine {
  scan: Scan;
}

/** The parts of the state that the `state` event of the stream carries as well. */
export interface RunState {
  version: string;
  mode: "live" | "replay" | "events";
  status: Status;
  interface?: string;
  file?: string;
  filter?: string;
  filter_effective?: string;
  own_traffic_excluded?: boolean;
  promisc?: boolean;
  started_ts?: string;
  elapsed_us?: number;
  failure?: Failure;
  notes?: string[];
  totals?: Totals;
  /** Of what summary, talkers and protocols are; of windows: the last one, and the sums of what each had named. */
  figures_of?: "run" | "windows";
  kept?: Held;
  ring?: Held;
  progress?: Progress;
  run_load?: Load;
  page_load?: Load;
  tick?: number;
}

export interface State extends RunState {
  history: History;
  summary?: Record<string, unknown>;
  talkers?: Talker[];
  protocols?: ProtocolShare[];
  scans?: EventLine[];
}

export interface Tick {
  tick: number;
  row: Row | null;
  rows_left_out?: number;
  alerts_left_out?: number;
  status: Status;
  elapsed_us?: number;
  totals?: Totals;
  figures_of?: "run" | "windows";
  kept?: Held;
  ring?: Held;
  progress?: Progress;
  run_load?: Load;
  page_load?: Load;
  summary?: Record<string, unknown>;
  talkers?: Talker[];
  protocols?: ProtocolShare[];
}

export interface Interface {
  name: string;
  up: boolean;
  loopback?: boolean;
  default?: boolean;
  addresses?: string[];
  bps?: number;
  bps_history?: number[];
}

export interface FilterVerdict {
  ok: boolean;
  instructions?: number;
  error?: string;
  word?: string;
  offset?: number;
  suggestions?: string[];
}

export interface TableReply {
  rows: (EventLine | Talker)[];
  matched: number;
  /** The newest of those held: what was searched and sorted. */
  looked_at: number;
  held: number;
  seen: number;
  /** Of a report: rows that it has, and of how many. */
  report?: { rows: number; of: number };
}

export type TableName = "talkers" | "flows" | "dns" | "http" | "tls" | "anomalies" | "events";

export interface ReportData {
  report: true;
  title: string;
  state: State;
  tables: Partial<Record<TableName, TableReply>>;
}

/** How the page stands with its server. `report`: there is none. */
export type Link = "connecting" | "open" | "polling" | "lost" | "unauthorized" | "report";
