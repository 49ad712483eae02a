// A client of a test's helper: calls, and the streams that a test wants whole.
import fs from 'node:fs';
import type { Socket } from 'node:net';
import { AttachedStream } from '../../extension/client/attachedStream.js';
import type { StreamExit } from '../../extension/client/frames.js';
import { Session } from '../../extension/client/session.js';
import { connectSocket } from '../../extension/client/socket.js';
import { openStream } from '../../extension/client/streamConnection.js';
import type { ContainerSpecInput, ContainerSummary, ExitStatus } from '../../protocol/containers.js';
import type { ImageSummary } from '../../protocol/images.js';
import type { MethodName, ParamsInput, Result } from '../../protocol/methods.js';

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: StreamExit | undefined;
}

export interface ExecOptions {
  readonly terminal?: boolean;
  readonly user?: string;
  readonly input?: string;
}

export class TestClient {
  private constructor(
    readonly socketPath: string,
    readonly session: Session,
  ) {}

  static async connect(socketPath: string): Promise<TestClient> {
    return new TestClient(socketPath, new Session(await connectSocket(socketPath)));
  }

  call<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>> {
    return this.session.call(method, params);
  }

  close(): void {
    this.session.dispose();
  }

  create(spec: ContainerSpecInput): Promise<ContainerSummary> {
    return this.call('container/create', { spec });
  }

  async run(spec: ContainerSpecInput): Promise<ContainerSummary> {
    const { id } = await this.create(spec);
    return this.call('container/start', { container: id });
  }

  /** Runs it to its end; what it wrote is taken from its log. */
  async runToEnd(spec: ContainerSpecInput): Promise<{ readonly id: string; readonly exit: ExitStatus; readonly output: string }> {
    const { id } = await this.run(spec);
    const { exit } = await this.call('container/wait', { container: id });
    return { id, exit, output: await this.logText(id) };
  }

  async importFile(file: string, reference?: string): Promise<readonly ImageSummary[]> {
    const bytes = fs.readFileSync(file);
    return this.importBytes(bytes, reference);
  }

  async importBytes(bytes: Buffer, reference?: string): Promise<readonly ImageSummary[]> {
    const { token } = await this.call('image/upload', {});
    const imported = this.call('image/import', { upload: token, sizeBytes: bytes.length, ...(reference === undefined ? {} : { reference }) });
    imported.catch(() => undefined);
    const stream = await openStream(this.socketPath, token);
    stream.resume();
    stream.end(bytes);
    return (await imported).images;
  }

  /** An archive of images. */
  async save(images: readonly string[]): Promise<Buffer> {
    const { token, sizeBytes } = await this.call('image/save', { images: [...images] });
    const bytes = await whole(await openStream(this.socketPath, token));
    if (bytes.length !== sizeBytes) throw new Error(`${sizeBytes} bytes were promised, ${bytes.length} have come`);
    return bytes;
  }

  /** The whole log stream, as it comes. */
  async logs(params: ParamsInput<'container/logs'>): Promise<Buffer> {
    const { token } = await this.call('container/logs', params);
    return whole(await openStream(this.socketPath, token));
  }

  /** What it wrote, without times and tags. */
  async logText(container: string): Promise<string> {
    const lines = (await this.logs({ container })).toString('utf8').split('\n');
    return lines.map((line) => line.replace(/^\S+ \S+ F (.*)$/, '$1\n').replace(/^\S+ \S+ P /, '')).join('');
  }

  async exec(container: string, command: readonly string[], { terminal = false, user, input }: ExecOptions = {}): Promise<Output> {
    const asked = { container, command: [...command], terminal, ...(user === undefined ? {} : { user }) };
    const { token } = await this.call('container/exec', asked);
    return collect(await openStream(this.socketPath, token), input ?? '');
  }

  async attach(params: ParamsInput<'container/attach'>): Promise<AttachedStream> {
    const { token } = await this.call('container/attach', params);
    return new AttachedStream(await openStream(this.socketPath, token));
  }
}

async function whole(stream: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Writes `input` and its end, and reads until the process has exited. */
export function collect(socket: Socket, input: string): Promise<Output> {
  const stream = new AttachedStream(socket);
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  return new Promise((resolve) => {
    stream.start({
      output: (bytes, source) => parts[source].push(Buffer.from(bytes)),
      ended: (exit) => resolve({ stdout: Buffer.concat(parts.stdout).toString('utf8'), stderr: Buffer.concat(parts.stderr).toString('utf8'), exit }),
    });
    if (input !== '') stream.write(Buffer.from(input));
    stream.closeInput();
  });
}
