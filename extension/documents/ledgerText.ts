// "How it was made": the ledger of a container as Markdown, a waterfall for each operation.
import { l10n } from 'vscode';
import type { ContainerDetails, LedgerEntry } from '../../protocol/containers.js';
import { slowest, title, waterfall, type WaterfallHead } from '../model/waterfall.js';
import { shortContainerId } from '../model/selectors.js';
import { failureSentence } from '../ui/failures.js';
import { plainMarkdown } from '../ui/plainMarkdown.js';
import { stepMeaning } from './stepMeaning.js';

export function ledgerText({ summary, ledger, cgroupPath }: ContainerDetails): string {
  const head = [
    `# ${plainMarkdown(summary.name)}`,
    '',
    l10n.t(
      'These are the steps that the kernel was asked for, in their order. A container is nothing else: namespaces, mounts, a control group and a process.',
    ),
    '',
    `- ${l10n.t('Image')}: ${code(summary.image)}`,
    `- ${l10n.t('Command')}: ${code(summary.command)}`,
    `- ${l10n.t('Control group')}: ${code(cgroupPath.replace(summary.id, `${shortContainerId(summary.id)}…`))}`,
    '',
    ...(summary.state.status === 'failed' ? [`**${plainMarkdown(failureSentence(summary.state.failure))}**`, ''] : []),
  ];
  const operations = ledger.length === 0 ? [l10n.t('Nothing has been done with it yet.'), ''] : [...ledger].reverse().flatMap(operation);
  return [...head, ...operations, ...glossary(ledger)].join('\n');
}

/** The newest operation comes first. */
function operation(entry: LedgerEntry): string[] {
  const heading = l10n.t('{0}: {1} ms', entry.operation, (entry.durationUs / 1000).toFixed(2));
  const about = l10n.t('{0}, {1} steps', new Date(entry.atMs).toLocaleString(), entry.steps.length);
  if (entry.steps.length === 0) return [`## ${heading}`, '', about, ''];
  const longest = slowest(entry, 3).map((group) => `${code(title(group))} ${Math.round(group.durationUs)} µs`);
  return [`## ${heading}`, '', `${about}. ${l10n.t('The longest: {0}.', longest.join(', '))}`, '', '```text', ...waterfall(entry, waterfallHead()), '```', ''];
}

function waterfallHead(): WaterfallHead {
  return {
    at: l10n.t('at µs'),
    duration: l10n.t('for µs'),
    share: l10n.t('share'),
    step: l10n.t('step'),
    time: l10n.t('when'),
    object: l10n.t('of what'),
  };
}

/** The steps that occur, each with its meaning, in the order in which they first occur. */
function glossary(ledger: readonly LedgerEntry[]): string[] {
  const isStarted = ledger.some(({ operation, steps }) => (operation === 'start' || operation === 'prepare') && steps.length > 0);
  const names = new Set([...(isStarted ? ['launch'] : []), ...ledger.flatMap((entry) => entry.steps.map(({ step }) => step))]);
  const lines = [...names].flatMap((step) => {
    const meaning = stepMeaning(step);
    return meaning === undefined ? [] : [`- ${code(step)} ${meaning}`];
  });
  return lines.length === 0 ? [] : [`## ${l10n.t('What the steps are')}`, '', ...lines, ''];
}

/** As inline code, whatever is in it. */
function code(text: string): string {
  const inline = text.replace(/\s+/g, ' ').trim();
  const fence = '`'.repeat(1 + Math.max(0, ...[...inline.matchAll(/`+/g)].map(([run]) => run.length)));
  return inline === '' ? '—' : `${fence} ${inline} ${fence}`;
}
