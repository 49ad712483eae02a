// Scenes of one story, each a test: when one fails, a picture of the window is kept and the later ones do not wait in vain.
import { it } from 'node:test';
import type { BrowserSession } from './session.js';

export class Story {
  private failedScene: string | undefined;

  constructor(private readonly session: () => BrowserSession) {}

  scene(name: string, play: (session: BrowserSession) => Promise<void>): void {
    it(name, async () => {
      if (this.failedScene !== undefined) throw new Error(`not played: “${this.failedScene}” failed`);
      try {
        await play(this.session());
      } catch (error) {
        this.failedScene = name;
        await this.session().workbench.picture(`failed-${name.replaceAll(/\W+/g, '-')}`);
        throw error;
      }
    });
  }
}
