import type { Browser } from 'playwright-core';
/** A headless Chromium; signals are the caller's to handle. */
export function launchBrowser(): Promise<Browser>;
