// Medians, percentiles and the tables that benchmarks print. Machines are noisy: medians and ratios, never single runs.

export function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

export interface Row {
  readonly name: string;
  readonly cells: readonly string[];
}

/** Prints a Markdown table. */
export function printTable(title: string, columns: readonly string[], rows: readonly Row[]): void {
  const lines = [['', ...columns], ...rows.map(({ name, cells }) => [name, ...cells])];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length))) ?? [];
  const print = (line: readonly string[]): void => console.log(`| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  console.log(`\n## ${title}\n`);
  lines.slice(0, 1).forEach(print);
  print(widths.map((width) => '-'.repeat(width)));
  lines.slice(1).forEach(print);
}

export const milliseconds = (microseconds: number): string => `${(microseconds / 1000).toFixed(2)} ms`;
export const ratio = (ours: number, theirs: number): string => (ours / theirs).toFixed(2);
