// A suite's helper that has the embedded image, and a client of root's: started before the suite's first test, stopped after its last.
import { after, before } from 'node:test';
import { startHelper, type TestHelper } from './helper.js';
import { inRepository } from './repository.js';
import { TestClient } from './testClient.js';

/** The reference of the embedded image. */
export const IMAGE = 'bulkhead/busybox';

/** Its fields are there within the suite's tests. */
export class ImageHelper {
  helper!: TestHelper;
  /** Another one after {@link restart}. */
  client!: TestClient;

  private constructor() {
    before(() => this.start());
    after(() => this.stop());
  }

  /** Registers the hooks of the suite that calls it. */
  static ofSuite(): ImageHelper {
    return new ImageHelper();
  }

  /** kill -9, `meanwhile`, another helper on the same directories, and a new client. */
  async restart(meanwhile?: () => Promise<void>): Promise<void> {
    this.client.close();
    await this.helper.restart('SIGKILL', meanwhile);
    this.client = await TestClient.connect(this.helper.socketPath);
  }

  private async start(): Promise<void> {
    this.helper = await startHelper();
    this.client = await TestClient.connect(this.helper.socketPath);
    await this.client.importFile(inRepository('dist/image/busybox.tar'));
  }

  private async stop(): Promise<void> {
    this.client.close();
    await this.helper.stop();
  }
}
