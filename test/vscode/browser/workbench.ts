// VS Code's workbench, as a person uses it: views, palette, questions, terminals, menus, dialogs. On the page of a browser.
import fs from 'node:fs';
import path from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { inRepository } from '../../support/repository.js';

/** For what comes once the window is there. */
const SOON_MS = 20_000;
/** Menus fade in, and rows settle. */
const SETTLE_MS = 300;
const AGAIN_MS = 8_000;
const TRIES = 4;

export class Workbench {
  constructor(readonly page: Page) {
    page.setDefaultTimeout(SOON_MS);
  }

  /** Opens a view container by its title in the activity bar. */
  async openViews(title: string): Promise<void> {
    await this.page.getByRole('tab', { name: title, exact: false }).first().click();
  }

  /** Picks a command in the palette, by its whole title. */
  async runCommand(title: string): Promise<void> {
    await persistently(async (timeout) => {
      await this.page.keyboard.press('F1');
      await this.question.waitFor({ timeout });
      await this.question.fill(`>${title}`, { timeout });
      await this.choice(title).click({ timeout });
    });
  }

  /** The text field of what VS Code asks at the top of the window. */
  get question(): Locator {
    return this.page.locator('.quick-input-widget:visible input.input, .quick-input-widget:visible .quick-input-box input').first();
  }

  choice(text: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
  }

  async seeStep(number: number, of: number): Promise<void> {
    await this.page.locator('.quick-input-title', { hasText: `(${number}/${of})` }).waitFor();
  }

  /** A button in the title of what VS Code asks. */
  async pressButton(title: string): Promise<void> {
    await this.page.locator(`.quick-input-titlebar .action-label[aria-label^="${title}"]`).click();
  }

  /** Waits for step `number` of a series of questions, answers it (nothing: takes what is filled in), and goes on. */
  async answerStep(number: number, of: number, text?: string): Promise<void> {
    await this.seeStep(number, of);
    if (text !== undefined) await this.question.fill(text);
    await this.page.keyboard.press('Enter');
  }

  async chooseTheme(name: string): Promise<void> {
    await this.runCommand('Preferences: Color Theme');
    await this.question.fill(name);
    await this.choice(name).click();
    await this.page.waitForTimeout(SETTLE_MS);
  }

  /** A row of a tree, by the name that it begins with. */
  row(name: string): Locator {
    return this.page.locator('.pane-body [role=treeitem]', { hasText: name }).first();
  }

  /** The header of a view: a click opens or closes it. */
  pane(title: string): Locator {
    return this.page.locator('.pane-header', { hasText: title }).first();
  }

  async chooseFromMenu(row: Locator, entry: string): Promise<void> {
    const item = this.page.locator('.monaco-menu .action-item', { hasText: entry }).first();
    await persistently(async (timeout) => {
      await row.click({ button: 'right', timeout });
      await item.waitFor({ timeout });
      await this.page.waitForTimeout(SETTLE_MS);
      await item.click({ timeout });
    });
  }

  /** A notification that is shown. */
  toast(text: string): Locator {
    return this.page.locator('.notification-toast', { hasText: text }).first();
  }

  async confirm(button: string): Promise<void> {
    await this.page.locator('.monaco-dialog-box .monaco-button', { hasText: button }).click();
  }

  /** What the Markdown preview shows. */
  get preview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  }

  /** Shows one of several terminals, once it is there. */
  async showTerminal(name: string): Promise<void> {
    await this.page.locator('.tabs-list .terminal-tabs-entry', { hasText: name }).click();
    await this.page.waitForTimeout(SETTLE_MS);
  }

  /** Types into the terminal that is shown, and Enter. */
  async type(line: string): Promise<void> {
    await this.page.locator('.terminal-wrapper.active .xterm:visible').click();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }

  /** Waits until the terminal that is shown has a line like this. */
  async seeInTerminal(pattern: RegExp): Promise<void> {
    await this.page.locator('.terminal-wrapper.active .xterm-rows:visible > div', { hasText: pattern }).first().waitFor();
  }

  /** Keeps a picture in test-artifacts/. */
  async picture(name: string): Promise<void> {
    const folder = inRepository('test-artifacts');
    fs.mkdirSync(folder, { recursive: true });
    await this.page.mouse.move(0, 0); // nothing hovered
    await this.page.waitForTimeout(SETTLE_MS);
    await this.page.screenshot({ path: path.join(folder, `${name}.png`) });
  }
}

/** Does it again as a person would: a terminal that opens meanwhile takes the focus, and closes what was open. */
async function persistently(work: (timeout: number) => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work(AGAIN_MS);
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}
