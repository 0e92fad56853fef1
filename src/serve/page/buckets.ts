// A long range has more windows than the chart has pixels; then several become one point.

import type { Row } from "./model";

const SIZES_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 604800, 2592000];
/** Everything else in a row is a count, and counts add up; rates are for the reader to make of them. */
const GREATEST = /_p50_us$|_p95_us$|^peak_|^flows_active$/;
const RATE = /^bps$|^pps$/;

/** Seconds that one point stands for, so that `span` seconds take no more than `points`. */
export function bucketSize(span: number, points: number): number {
  return SIZES_S.find((size) => span / size <= points) ?? Math.ceil(span / points);
}

function merged(columns: string[], rows: Row[]): Row {
  const time = columns.indexOf("t");
  return columns.map((name, at): number | null => {
    if (at === time) {
      return rows[rows.length - 1][at];
    }
    const values = rows.map((row) => row[at]).filter((value) => value !== null);
    if (values.length === 0 || RATE.test(name)) {
      return null;
    }
    // Quantiles of parts say nothing exact of the whole; the greatest is at least one that was measured.
    return GREATEST.test(name) ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0);
  });
}

/** Borders lie at multiples of the size: what has been drawn does not change as time goes on. */
export function intoBuckets(columns: string[], rows: Row[], size: number): Row[] {
  const time = columns.indexOf("t");
  const found: Row[] = [];
  let bucket: Row[] = [];
  let number = -1;
  const flush = (): void => {
    if (bucket.length > 0) {
      found.push(bucket.length === 1 ? bucket[0] : merged(columns, bucket));
    }
  };
  for (const row of rows) {
    // A window ends at t and belongs to the bucket it lies in.
    const mine = Math.ceil((row[time] ?? 0) / size);
    if (mine !== number) {
      flush();
      bucket = [];
      number = mine;
    }
    bucket.push(row);
  }
  flush();
  return found;
}
