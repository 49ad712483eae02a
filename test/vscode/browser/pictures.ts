// Pictures for the documentation: parts of the window, arranged so that they show something. They are kept in test-artifacts/.
import fs from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { inRepository } from '../../support/repository.js';
import type { Workbench } from './workbench.js';

/** The side bar, the panel: where they end, so that one can drag it. */
const SASHES = { sideBar: '.part.sidebar', panel: '.part.panel' } as const;
const SETTLE_MS = 500;

/** Drags the side bar's right edge, or the panel's upper one, to this x or y. */
export async function dragEdge({ page }: Workbench, part: keyof typeof SASHES, to: number): Promise<void> {
  const { x, y, width, height } = await boxOf(page.locator(SASHES[part]).first());
  const [fromX, fromY] = part === 'sideBar' ? [x + width + 1, y + height / 2] : [x + width / 2, y - 2];
  await page.mouse.move(fromX, fromY);
  await page.mouse.down();
  await page.mouse.move(part === 'sideBar' ? to : fromX, part === 'sideBar' ? fromY : to, { steps: 5 });
  await page.mouse.up();
  await page.waitForTimeout(SETTLE_MS);
}

/** A part of the window; `height`: no more than so much of it, from its top. */
export async function pictureOf({ page }: Workbench, name: string, part: Locator, { margin = 0, height = Infinity } = {}): Promise<void> {
  await page.mouse.move(0, 0); // nothing hovered
  await page.waitForTimeout(SETTLE_MS);
  const box = await boxOf(part);
  const clip = { x: box.x - margin, y: box.y - margin, width: box.width + 2 * margin, height: Math.min(box.height, height) + 2 * margin };
  const folder = inRepository('test-artifacts');
  fs.mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), clip });
}

async function boxOf(part: Locator) {
  const box = await part.boundingBox();
  if (box === null) throw new Error(`${String(part)} is not shown`);
  return box;
}
