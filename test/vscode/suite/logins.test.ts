// Logins: in VS Code's secret storage, in Docker's configuration, at its credential helpers; which goes first, and what each may do.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { askCredentialHelper } from '../../../extension/registries/credentialHelper.js';
import { DockerConfig } from '../../../extension/registries/dockerConfig.js';
import { firstOf } from '../../../extension/registries/logins.js';
import type { Services } from '../../../extension/services.js';
import { explainRegistry } from '../../../extension/ui/registryErrors.js';
import { startDebianRegistry, type DebianRegistry } from '../../support/debianRegistry.js';
import { layerOf, registryImage } from '../../support/registryContent.js';
import { configure, connected, removeImages, until } from './world.js';

const LOGIN = { username: 'ann', password: 's3cret:with colon' };
const image = registryImage({ layers: [layerOf('etc/secret', 'for who logs in')] });
const password = (username: string, secret: string) => ({ kind: 'password', username, password: secret });

describe('logins', () => {
  let services: Services;
  let registry: DebianRegistry;
  let folder: string;
  let environment: NodeJS.ProcessEnv;

  before(async () => {
    services = await connected();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-logins-'));
    environment = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, DOCKER_CONFIG: folder };
    registry = await startDebianRegistry(LOGIN);
    await registry.push('private', 'latest', image);
    await configure('registries.insecure', [registry.host]);
  });
  after(async () => {
    await services.logins.remove(registry.host);
    await configure('registries.insecure', undefined);
    await removeImages(services, image.digest);
    await registry.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const dockerKnows = (config: object) => fs.writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
  const helper = (name: string, script: string) => fs.writeFileSync(path.join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const basic = (text: string) => ({ auth: Buffer.from(text).toString('base64') });

  it('that are kept here are given to their registry, and to no other, until one logs out', async () => {
    const reference = `${registry.host}/private:latest`;
    const pull = async () =>
      services.client.call('image/pull', { references: [reference], registries: [...(await services.registries.accessTo([reference]))] });
    const refused: unknown = await pull().catch((error: unknown) => error);
    const [logIn] = explainRegistry((refused as { data: Parameters<typeof explainRegistry>[0] }).data, undefined).remedies;
    assert.ok(logIn !== undefined && 'command' in logIn);
    assert.deepEqual([logIn.command, logIn.arguments], ['bulkhead.registry.login', [registry.host]]);
    await services.logins.add(registry.host, LOGIN);
    await services.logins.add('other.example', { username: 'bob', password: 'x' });
    assert.deepEqual([...(await services.logins.registries())], [registry.host, 'other.example']);
    assert.equal((await pull()).image.id, image.digest);
    assert.equal((await services.registries.access('third.example')).credential, undefined);
    for (const one of [registry.host, 'other.example']) await vscode.commands.executeCommand('bulkhead.registry.logout', one);
    assert.deepEqual([...(await services.logins.registries())], []);
    await until(() => services.store.image(image.digest) !== undefined, 5_000, 'the image');
  });

  it('of Docker’s file are found by any address of the registry', async () => {
    dockerKnows({
      auths: { 'https://index.docker.io/v1/': basic('hub:pw'), 'https://reg.example:5000/v2/': basic(`ann:${LOGIN.password}`), 'empty.example': {} },
    });
    const docker = new DockerConfig(environment);
    assert.deepEqual(await docker.find('docker.io'), password('hub', 'pw'));
    assert.deepEqual(await docker.find('reg.example:5000'), password('ann', LOGIN.password));
    assert.equal(await docker.find('reg.example'), undefined);
    assert.equal(await docker.find('empty.example'), undefined);
    assert.deepEqual([...(await docker.registries())], ['docker.io', 'reg.example:5000', 'empty.example']);
    dockerKnows({ auths: { 'r.example': { ...basic('a:b'), identitytoken: 'refresh' }, 's.example': { registrytoken: 'bearer' } } });
    assert.deepEqual(await docker.find('r.example'), { kind: 'identity-token', token: 'refresh' });
    assert.deepEqual(await docker.find('s.example'), { kind: 'registry-token', token: 'bearer' });
    fs.writeFileSync(path.join(folder, 'config.json'), 'no JSON');
    assert.equal(await docker.find('r.example'), undefined);
  });

  it('at a credential helper are asked for by the registry’s own helper, else by the one for all, else taken from the file', async () => {
    helper('own', 'read server; printf \'{"Username":"own","Secret":"%s"}\' "$server-$1"');
    helper(
      'all',
      'read server; case $server in *v1/) echo \'{"Username":"<token>","Secret":"t"}\';; *) echo "credentials not found in native keychain"; exit 1;; esac',
    );
    dockerKnows({ credsStore: 'all', credHelpers: { 'r.example': 'own' }, auths: { 'r.example': basic('no:no'), 'file.example': basic('file:pw') } });
    const docker = new DockerConfig(environment);
    assert.deepEqual(await docker.find('r.example'), password('own', 'r.example-get'));
    assert.deepEqual(await docker.find('docker.io'), { kind: 'identity-token', token: 't' });
    assert.deepEqual(await docker.find('file.example'), password('file', 'pw'));
    assert.equal(await docker.find('nobody.example'), undefined);
  });

  it('are not asked of what is no helper, and of one that hangs only for a while', async () => {
    const inside = path.join(folder, 'sub');
    fs.mkdirSync(inside);
    fs.renameSync(path.join(folder, 'docker-credential-own'), path.join(inside, 'docker-credential-own'));
    const ask = (name: string, PATH = environment['PATH']) => askCredentialHelper(name, 'r.example', { ...environment, PATH }, 200);
    for (const name of ['../own', 'sub/own', '', '-own', 'own;id', 'missing']) await assert.rejects(ask(name), /is not there/, name);
    await assert.rejects(ask('own', path.relative(os.homedir(), inside)), /is not there/, 'a PATH that is relative');
    helper('hangs', 'exec sleep 100');
    await assert.rejects(ask('hangs'), /has failed/);
    helper('chats', 'exec yes');
    await assert.rejects(ask('chats'), /has failed/);
    helper('lies', 'echo \'{"Username":1}\'');
    await assert.rejects(ask('lies'), /something else than a login/);
  });

  it('kept here go before Docker’s, and a source that fails only knows none', async () => {
    const warnings: string[] = [];
    const log = { warn: (message: string) => void warnings.push(message) };
    const broken = { find: () => Promise.reject(new Error('no key ring')) };
    const ours = { find: (name: string) => Promise.resolve(name === 'both' ? ({ kind: 'registry-token', token: 'ours' } as const) : undefined) };
    const theirs = { find: () => Promise.resolve({ kind: 'registry-token', token: 'theirs' } as const) };
    const all = firstOf(log, broken, ours, theirs);
    assert.deepEqual(await all.find('both'), { kind: 'registry-token', token: 'ours' });
    assert.deepEqual(await all.find('one'), { kind: 'registry-token', token: 'theirs' });
    assert.deepEqual(warnings, ['no key ring', 'no key ring']);
  });
});
