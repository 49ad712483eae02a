// A pull and its layers in words: for its row, for its notification, and for who listens.
import { l10n } from 'vscode';
import type { PullSummary } from '../../protocol/images.js';
import { formatBytes } from '../model/age.js';
import { fractionOf, layerState, secondsLeft, type PullLayer } from '../model/pullProgress.js';

/** `12 MB of 117 MB · 11 s left · 9.8 MB/s`: what a narrow view cuts off comes last. */
export function pullWords(pull: PullSummary): string {
  switch (pull.phase) {
    case 'resolving':
      return l10n.t('asking the registry');
    case 'committing':
      return l10n.t('finishing');
    case 'downloading':
    case 'unpacking':
      return comingWords(pull);
  }
}

function comingWords(pull: PullSummary): string {
  const { totalBytes, downloadedBytes, bytesPerSecond } = pull;
  if (totalBytes === null) return l10n.t('asking the registry');
  if (downloadedBytes >= totalBytes) return l10n.t('unpacking, {0}', formatBytes(totalBytes));
  const left = secondsLeft(pull);
  const speed = bytesPerSecond === null ? [] : [l10n.t('{0}/s', formatBytes(bytesPerSecond))];
  return [amount(downloadedBytes, totalBytes), ...(left === undefined ? [] : [timeLeft(left)]), ...speed].join(' · ');
}

/** For a screen reader: no abbreviations of what changes all the time. */
export function pullLabel(pull: PullSummary): string {
  const fraction = fractionOf(pull);
  const words = pullWords(pull);
  if (fraction === undefined) return l10n.t('Pulling {0}, {1}', pull.reference, words);
  return l10n.t('Pulling {0}, {1} per cent, {2}', pull.reference, Math.round(100 * fraction), words);
}

export function layerWords(layer: PullLayer): string {
  const size = formatBytes(layer.sizeBytes);
  switch (layerState(layer)) {
    case 'present':
      return l10n.t('{0}, here already', size);
    case 'waiting':
      return l10n.t('{0}, waiting', size);
    case 'downloading':
      return amount(layer.downloadedBytes, layer.sizeBytes);
    case 'unpacking':
      return l10n.t('unpacking, {0}', amount(layer.unpackedBytes, layer.sizeBytes));
    case 'done':
      return l10n.t('{0}, done', size);
  }
}

/** `4 MB of 12 MB`. */
export function amount(doneBytes: number, totalBytes: number): string {
  return l10n.t('{0} of {1}', formatBytes(doneBytes), formatBytes(totalBytes));
}

function timeLeft(seconds: number): string {
  if (seconds < 60) return l10n.t('{0} s left', seconds);
  return seconds < 3600 ? l10n.t('{0} m left', Math.ceil(seconds / 60)) : l10n.t('{0} h left', Math.ceil(seconds / 3600));
}
