// Debian's docker-registry on a port of this machine's own loopback, with a folder of its own; ended with the test.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RegistryImage, Stored } from './registryContent.js';

const READY_MS = 20_000;

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface DebianRegistry {
  /** `localhost:<port>`, as names have it. */
  readonly host: string;
  push(repository: string, tag: string, image: RegistryImage): Promise<void>;
  pushManifest(repository: string, reference: string, manifest: Stored): Promise<void>;
  stop(): Promise<void>;
}

export async function startDebianRegistry(login?: Login): Promise<DebianRegistry> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-registry-'));
  const port = await freePort();
  const host = `localhost:${port}`;
  fs.writeFileSync(path.join(directory, 'config.yml'), configOf(directory, port, login));
  const log = fs.openSync(path.join(directory, 'log'), 'a');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'docker-registry', 'serve', path.join(directory, 'config.yml')], {
    stdio: ['ignore', log, log],
  });
  fs.closeSync(log);
  const headers: Record<string, string> =
    login === undefined ? {} : { authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}` };
  const put = async (url: string, body: Buffer, type: string) => {
    const answer = await fetch(url, { method: 'PUT', body: new Uint8Array(body), headers: { ...headers, 'content-type': type } });
    if (answer.status !== 201) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  };
  await ready(`http://${host}/v2/`);
  const pushManifest = (repository: string, reference: string, { bytes, mediaType }: Stored) =>
    put(`http://${host}/v2/${repository}/manifests/${reference}`, bytes, mediaType);
  return {
    host,
    pushManifest,
    async push(repository, tag, { manifest, blobs }) {
      for (const [digest, bytes] of blobs) {
        const begun = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers });
        const place = new URL(begun.headers.get('location') ?? '');
        place.searchParams.set('digest', digest);
        await put(place.href, bytes, 'application/octet-stream');
      }
      await pushManifest(repository, tag, manifest);
    },
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await exited;
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

function configOf(directory: string, port: number, login: Login | undefined): string {
  const auth = login === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: passwordFile(directory, login) } } };
  // JSON is YAML.
  return JSON.stringify({
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: path.join(directory, 'data') } },
    http: { addr: `127.0.0.1:${port}` },
    ...auth,
  });
}

function passwordFile(directory: string, { username, password }: Login): string {
  const script = 'import crypt,sys; print(crypt.crypt(sys.argv[1], crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))';
  const hash = execFileSync('python3', ['-W', 'ignore', '-c', script, password]).toString('utf8').trim();
  const file = path.join(directory, 'htpasswd');
  fs.writeFileSync(file, `${username}:${hash}\n`);
  return file;
}

async function ready(url: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const status = await fetch(url).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200 || status === 401) return;
    if (Date.now() > deadline) throw new Error(`no registry at ${url}`);
    await delay(50);
  }
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
