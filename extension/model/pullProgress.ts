// How far a pull is, and each of its layers. Pure; the words are in ui/pullWords.ts.
import type { PullSummary } from '../../protocol/images.js';

export type PullLayer = PullSummary['layers'][number];
export type LayerState = 'present' | 'waiting' | 'downloading' | 'unpacking' | 'done';

/** Between 0 and 1; undefined: not known yet. */
export function fractionOf({ phase, totalBytes, downloadedBytes }: PullSummary): number | undefined {
  if (phase === 'committing') return 1;
  if (totalBytes === null) return undefined;
  return totalBytes === 0 ? 1 : Math.min(1, downloadedBytes / totalBytes);
}

/** Until all has come; undefined: not known, or nothing more comes. */
export function secondsLeft({ totalBytes, downloadedBytes, bytesPerSecond }: PullSummary): number | undefined {
  if (totalBytes === null || bytesPerSecond === null || bytesPerSecond === 0 || downloadedBytes >= totalBytes) return undefined;
  return Math.ceil((totalBytes - downloadedBytes) / bytesPerSecond);
}

export function layerState({ isPresent, sizeBytes, downloadedBytes, unpackedBytes }: PullLayer): LayerState {
  if (isPresent) return 'present';
  if (downloadedBytes === 0) return 'waiting';
  if (downloadedBytes < sizeBytes) return 'downloading';
  return unpackedBytes < sizeBytes ? 'unpacking' : 'done';
}
