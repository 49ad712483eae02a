// The registry process's code against a registry that misbehaves: a real HTTP server for each fault.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { sendBlob } from '../../../helper/registry/blobs.js';
import { RegistryClient } from '../../../helper/registry/client.js';
import type { Endpoint } from '../../../helper/registry/contract.js';
import { listTags } from '../../../helper/registry/listing.js';
import { resolve } from '../../../helper/registry/manifests.js';
import { RegistryProblem } from '../../../helper/registry/problems.js';
import { FaultyRegistry } from '../../support/faultyRegistry.js';
import { indexOf, layerOf, registryImage } from '../../support/registryContent.js';

const PLATFORM = { os: 'linux', architecture: 'amd64', variant: null };
const STALL_MS = 300;
const never = new AbortController().signal;
const certificate = makeCertificate();

describe('a registry', () => {
  let registry: FaultyRegistry;
  const clients: RegistryClient[] = [];
  const image = registryImage({ layers: [layerOf('big', randomBytes(300_000))] });
  const [layer = ''] = image.layerDigests;
  const blob = { repository: 'app', digest: layer, sizeBytes: image.blobs.get(layer)?.length ?? 0, offset: 0 };

  beforeEach(async () => {
    registry = await FaultyRegistry.start();
    registry.add('app', '1', image);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await registry.stop();
  });

  function client(more: Partial<Endpoint> = {}): RegistryClient {
    const endpoint = { registry: registry.host, insecure: true, mirrors: [], authorities: null, proxy: null, credential: null, ...more };
    const made = new RegistryClient(endpoint, STALL_MS);
    clients.push(made);
    return made;
  }
  const fetchImage = (from = client(), reference = '1') => resolve(from, { repository: 'app', reference, platform: PLATFORM }, never);
  async function fetchBlob(from = client(), wanted = blob): Promise<Buffer> {
    const lane = new PassThrough({ highWaterMark: 2 ** 20 });
    await sendBlob(from, wanted, lane, never);
    lane.end();
    return buffer(lane);
  }
  const isProblem =
    (kind: string, detail = /./) =>
    (error: unknown) =>
      error instanceof RegistryProblem && error.kind === kind && detail.test(error.detail);

  test('gives manifest, config and layer', async () => {
    const { manifest, config } = await fetchImage();
    assert.equal(manifest.digest, image.digest);
    assert.ok(image.blobs.has(config.digest));
    assert.deepEqual(await fetchBlob(), image.blobs.get(layer));
  });

  describe('breaks', () => {
    test('in the middle of a layer: the rest is asked for', async () => {
      registry.fault = (request, response, at) => {
        if (!at.includes('/blobs/') || request.headers.range !== undefined) return false;
        response.writeHead(200, { 'content-length': blob.sizeBytes }).write(image.blobs.get(layer)?.subarray(0, 100_000));
        setTimeout(() => request.socket.destroy(), 50);
        return true;
      };
      assert.deepEqual(await fetchBlob(), image.blobs.get(layer));
      const [, second] = registry.requestsFor('/blobs/');
      assert.equal(second?.range, 'bytes=100000-');
    });

    test('in the middle, and does not know ranges: what has come is passed over', async () => {
      let cut = true;
      registry.fault = (request, response, at) => {
        if (!at.includes('/blobs/')) return false;
        response.writeHead(200, { 'content-length': blob.sizeBytes });
        if (!cut) return (response.end(image.blobs.get(layer)), true);
        cut = false;
        response.write(image.blobs.get(layer)?.subarray(0, 100_000));
        setTimeout(() => request.socket.destroy(), 50);
        return true;
      };
      assert.deepEqual(await fetchBlob(), image.blobs.get(layer));
    });

    test('again and again, getting nowhere: it is given up', async () => {
      registry.fault = (request, _response, at) => at.includes('/blobs/') && (request.socket.destroy(), true);
      await assert.rejects(fetchBlob(), isProblem('unreachable'));
      assert.equal(registry.requestsFor('/blobs/').length, 5);
    });

    test('by falling silent', async () => {
      registry.fault = (request, response, at) => {
        if (!at.includes('/blobs/') || request.headers.range !== undefined) return false;
        response.writeHead(200, { 'content-length': blob.sizeBytes }).write(image.blobs.get(layer)?.subarray(0, 1000));
        return true;
      };
      assert.deepEqual(await fetchBlob(), image.blobs.get(layer));
    });

    test('sends less than it has said, and ends in good order', async () => {
      registry.fault = (request, response, at) => {
        if (!at.includes('/blobs/') || request.headers.range !== undefined) return false;
        response.writeHead(200).end(image.blobs.get(layer)?.subarray(0, 1000));
        return true;
      };
      assert.deepEqual(await fetchBlob(), image.blobs.get(layer));
    });

    test('sends more than the manifest says: nothing of that arrives', async () => {
      await assert.rejects(fetchBlob(client(), { ...blob, sizeBytes: 1000 }), isProblem('malformed', /longer/));
    });

    test('sends another range than the one asked for', async () => {
      registry.fault = (_request, response, at) => {
        if (!at.includes('/blobs/')) return false;
        response.writeHead(206, { 'content-range': 'bytes 5-9/10' }).end('01234');
        return true;
      };
      await assert.rejects(fetchBlob(client(), { ...blob, offset: 100 }), isProblem('malformed', /another part/));
    });
  });

  describe('is busy', () => {
    for (const status of [429, 500, 503]) {
      test(`(${status}): it is asked again, after the time that it names`, async () => {
        let times = 0;
        registry.fault = (_request, response) => {
          if ((times += 1) > 2) return false;
          response.writeHead(status, { 'retry-after': '0' }).end();
          return true;
        };
        assert.equal((await fetchImage()).manifest.digest, image.digest);
      });
    }

    test('for longer than anybody waits: the user is told', async () => {
      registry.fault = (_request, response) => (response.writeHead(429, { 'retry-after': '3600' }).end('{"errors":[{"message":"too many pulls"}]}'), true);
      await assert.rejects(fetchImage(), isProblem('rate-limited', /too many pulls/));
      assert.equal(registry.seen.length, 1);
    });
  });

  describe('redirects', () => {
    let other: FaultyRegistry;
    beforeEach(async () => {
      other = await FaultyRegistry.start();
      other.add('app', '1', image);
      registry.fault = (request, response, at) => {
        if (request.headers.authorization === undefined) {
          response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
          return true;
        }
        if (!at.includes('/blobs/')) return false;
        response.writeHead(307, { location: `http://${other.host}${at}` }).end();
        return true;
      };
    });
    afterEach(() => other.stop());
    const credential = { kind: 'password', username: 'ann', password: 'secret' } as const;

    test('T-I13: to another host: the login does not go along', async () => {
      assert.deepEqual(await fetchBlob(client({ credential })), image.blobs.get(layer));
      assert.ok(registry.seen.some(({ authorization }) => authorization !== undefined));
      assert.equal(other.seen.length, 1);
      assert.equal(other.seen[0]?.authorization, undefined);
    });

    test('to another host that wants a login: it gets none', async () => {
      other.fault = (_request, response) => (response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(), true);
      await assert.rejects(fetchBlob(client({ credential })), isProblem('unauthorized'));
      assert.ok(other.seen.every(({ authorization }) => authorization === undefined));
    });

    test('without end', async () => {
      registry.fault = (_request, response, at) => (response.writeHead(302, { location: at }).end(), true);
      await assert.rejects(fetchImage(), isProblem('malformed', /without end/));
    });

    test('to what is no address of a registry', async () => {
      registry.fault = (_request, response) => (response.writeHead(302, { location: 'file:///etc/shadow' }).end(), true);
      await assert.rejects(fetchImage(), isProblem('malformed'));
    });
  });

  describe('wants a token', () => {
    let tokens: number;
    let wanted: string;
    beforeEach(() => {
      tokens = 0;
      wanted = 'token-1';
      registry.fault = (request, response, at) => {
        if (at.startsWith('/token')) {
          tokens += 1;
          const isKnown = request.headers.authorization === `Basic ${Buffer.from('ann:secret').toString('base64')}` || request.method === 'POST';
          if (!isKnown) return (response.writeHead(401).end(), true);
          return (response.writeHead(200).end(JSON.stringify({ token: `token-${tokens}`, expires_in: 300 })), true);
        }
        if (request.headers.authorization === `Bearer ${wanted}`) return false;
        const realm = `http://${registry.host}/token`;
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="registry",scope="repository:app:pull"` }).end();
        return true;
      };
    });
    const credential = { kind: 'password', username: 'ann', password: 'secret' } as const;

    test('it is fetched once, with service and scope, and used for all', async () => {
      const one = client({ credential });
      await fetchImage(one);
      await fetchBlob(one);
      assert.equal(tokens, 1);
      const [asked] = registry.requestsFor('/token');
      assert.match(asked?.path ?? '', /service=registry&scope=repository%3Aapp%3Apull&account=ann/);
    });

    test('in the middle of a layer anew: the next one is fetched, and the rest of the layer', async () => {
      const one = client({ credential });
      await fetchImage(one);
      const before = registry.fault;
      registry.fault = (request, response, at) => {
        if (at.includes('/blobs/') && request.headers.range === undefined && request.headers.authorization === 'Bearer token-1') {
          response.writeHead(200, { 'content-length': blob.sizeBytes }).write(image.blobs.get(layer)?.subarray(0, 1000));
          wanted = 'token-2';
          setTimeout(() => request.socket.destroy(), 50);
          return true;
        }
        return before(request, response, at);
      };
      assert.deepEqual(await fetchBlob(one), image.blobs.get(layer));
      assert.equal(tokens, 2);
    });

    test('by an identity token: by POST, with the refresh token', async () => {
      assert.equal((await fetchImage(client({ credential: { kind: 'identity-token', token: 'refresh' } }))).manifest.digest, image.digest);
      assert.equal(registry.requestsFor('/token')[0]?.method, 'POST');
    });

    test('a wrong login, and none', async () => {
      await assert.rejects(fetchImage(client({ credential: { ...credential, password: 'wrong' } })), isProblem('unauthorized', /does not take this login/));
      await assert.rejects(fetchImage(client()), isProblem('unauthorized'));
    });

    test('from a place without TLS, though the registry has it: the login is not sent', async () => {
      const secure = await FaultyRegistry.start(certificate);
      try {
        const realm = `http://${registry.host}/token`;
        secure.fault = (_request, response) => (response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end(), true);
        const one = client({ registry: secure.host, insecure: false, authorities: certificate.cert, credential });
        await assert.rejects(fetchImage(one), isProblem('malformed', /without TLS/));
        assert.equal(registry.seen.length, 0);
      } finally {
        await secure.stop();
      }
    });
  });

  describe('says what is none', () => {
    test('another document than the digest asked for', async () => {
      registry.addManifest('app', `sha256:${'0'.repeat(64)}`, image.manifest);
      await assert.rejects(fetchImage(client(), `sha256:${'0'.repeat(64)}`), isProblem('malformed', /something else/));
    });

    test('a manifest of version 1', async () => {
      const mediaType = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
      registry.addManifest('app', 'old', { bytes: Buffer.from('{"schemaVersion":1}'), mediaType });
      await assert.rejects(fetchImage(client(), 'old'), isProblem('unsupported', /version 1/));
    });

    test('a manifest without end', async () => {
      registry.fault = (_request, response) => {
        response.writeHead(200, { 'content-type': image.manifest.mediaType });
        const more = () => response.write(Buffer.alloc(64 * 1024, 32)) && setImmediate(more);
        response.on('drain', more);
        more();
        return true;
      };
      await assert.rejects(fetchImage(), isProblem('malformed', /longer than/));
    });

    test('a page instead of a manifest', async () => {
      registry.addManifest('app', 'page', { bytes: Buffer.from('<html>'), mediaType: 'text/html' });
      await assert.rejects(fetchImage(client(), 'page'), isProblem('malformed'));
    });

    test('indexes in indexes', async () => {
      let inner = indexOf([{ image, platform: { os: 'linux', architecture: 'amd64' } }]);
      for (let depth = 0; depth < 3; depth += 1) {
        registry.addManifest('app', inner.digest, inner.stored);
        const nested = { digest: inner.digest, manifest: inner.stored, blobs: new Map(), layerDigests: [] };
        inner = indexOf([{ image: nested, platform: { os: 'linux', architecture: 'amd64' } }]);
      }
      registry.addManifest('app', 'deep', inner.stored);
      await assert.rejects(fetchImage(client(), 'deep'), isProblem('malformed', /without end/));
    });

    test('words that would draw on a terminal', async () => {
      registry.fault = (_request, response) => (response.writeHead(403).end('{"errors":[{"message":"\\u001b[2Jno\\nway"}]}'), true);
      await assert.rejects(fetchImage(), isProblem('denied', /^ \[2Jno way$/));
    });
  });

  test('with a certificate of nobody’s is not trusted; with an authority that the user names it is', async () => {
    const secure = await FaultyRegistry.start(certificate);
    try {
      secure.add('app', '1', image);
      await assert.rejects(fetchImage(client({ registry: secure.host, insecure: false })), isProblem('certificate'));
      const trusting = client({ registry: secure.host, insecure: false, authorities: certificate.cert });
      assert.equal((await fetchImage(trusting)).manifest.digest, image.digest);
      assert.equal((await fetchImage(client({ registry: secure.host }))).manifest.digest, image.digest, 'as insecure it is taken, too');
    } finally {
      await secure.stop();
    }
  });

  test('without TLS is not asked, unless it is said to be insecure', async () => {
    await assert.rejects(fetchImage(client({ insecure: false })), isProblem('certificate', /TLS/));
    assert.equal(registry.seen.length, 0);
  });

  test('has mirrors: they are asked first, without the login; what they lack is asked of itself', async () => {
    const mirror = await FaultyRegistry.start();
    try {
      mirror.add('app', '1', image);
      const credential = { kind: 'password', username: 'ann', password: 'secret' } as const;
      const one = client({ mirrors: [`http://${mirror.host}`], credential });
      await fetchImage(one);
      assert.equal(registry.seen.length, 0);
      registry.add('app', '2', image);
      assert.equal((await fetchImage(one, '2')).manifest.digest, image.digest);
      mirror.fault = (_request, response) => (response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(), true);
      assert.equal((await fetchImage(one, '1')).manifest.digest, image.digest);
      assert.ok(mirror.seen.every(({ authorization }) => authorization === undefined));
    } finally {
      await mirror.stop();
    }
  });

  describe('behind a proxy', () => {
    let proxy: http.Server;
    const asked: string[] = [];
    beforeEach(async () => {
      asked.length = 0;
      proxy = http.createServer((request, response) => {
        asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
        const through = http.request(request.url ?? '', { method: request.method, headers: request.headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 0, answer.headers);
          answer.pipe(response);
        });
        request.pipe(through);
      });
      proxy.on('connect', (request, socket: net.Socket) => {
        asked.push(`CONNECT ${request.url ?? ''}`);
        const [host, port] = (request.url ?? '').split(':');
        const through = net.connect(Number(port), host, () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          through.pipe(socket).pipe(through);
        });
        for (const one of [through, socket]) one.on('error', () => undefined);
      });
      await new Promise<void>((resolveListen) => proxy.listen(0, '127.0.0.1', resolveListen));
    });
    afterEach(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    const address = () => `http://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`;

    test('is asked through it, over TLS and without', async () => {
      const secure = await FaultyRegistry.start(certificate);
      try {
        secure.add('app', '1', image);
        const one = client({ registry: secure.host, insecure: false, authorities: certificate.cert, proxy: address() });
        assert.equal((await fetchImage(one)).manifest.digest, image.digest);
        assert.deepEqual(asked, [`CONNECT ${secure.host}`]);
      } finally {
        await secure.stop();
      }
      assert.equal((await fetchImage(client({ mirrors: [`http://${registry.host}`], proxy: address() }))).manifest.digest, image.digest);
      assert.match(asked.at(-1) ?? '', new RegExp(`^GET http://${registry.host}/v2/`));
    });
  });

  test('lists tags page by page, as many as are wanted', async () => {
    registry.fault = (_request, response, at) => {
      if (!at.includes('/tags/list')) return false;
      const last = new URL(at, 'http://x').searchParams.get('last');
      const next = last === null ? { link: '</v2/app/tags/list?last=b&n=2>; rel="next"' } : {};
      response.writeHead(200, next).end(JSON.stringify({ name: 'app', tags: last === null ? ['a', 'b'] : ['c'] }));
      return true;
    };
    assert.deepEqual(await listTags(client(), 'app', 10, never), { names: ['a', 'b', 'c'], isComplete: true });
    assert.deepEqual(await listTags(client(), 'app', 2, never), { names: ['a', 'b'], isComplete: false });
  });
});

/** Of localhost, signed by itself. */
function makeCertificate(): { readonly key: string; readonly cert: string } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-certificate-'));
  try {
    const files = ['-keyout', path.join(folder, 'key'), '-out', path.join(folder, 'cert')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    execFileSync('openssl', ['req', '-x509', ...curve, '-nodes', '-days', '2', ...files, ...subject], { stdio: 'ignore' });
    return { key: fs.readFileSync(path.join(folder, 'key'), 'utf8'), cert: fs.readFileSync(path.join(folder, 'cert'), 'utf8') };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
