// What the names of images and registries that people type may mean, and the proxy that leads to them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFor } from '../../../extension/model/proxy.js';
import { candidates, compareTags, fullName, isRegistryName, registryName, registryOf, splitReference } from '../../../extension/model/references.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test('a name without a registry is looked for at each, one with a registry is there', () => {
  assert.deepEqual(candidates('alpine', ['docker.io', 'quay.io']), ['alpine:latest', 'quay.io/alpine:latest']);
  assert.deepEqual(candidates('team/app:1', ['quay.io', 'docker.io']), ['quay.io/team/app:1', 'team/app:1']);
  assert.deepEqual(candidates('docker.io/library/alpine', ['quay.io']), ['alpine:latest']);
  assert.deepEqual(candidates(`localhost:5000/x@${DIGEST}`, ['docker.io']), [`localhost:5000/x@${DIGEST}`]);
  assert.deepEqual(candidates('ghcr.io/o/i:1', ['docker.io', 'docker.io']), ['ghcr.io/o/i:1']);
});

test('what is no name stands for nothing', () => {
  for (const text of ['', 'Alpine', 'a b', 'x:', '/x', 'x@sha256:12']) assert.deepEqual(candidates(text, ['docker.io']), [], text);
});

test('a registry is the same by each of its addresses', () => {
  for (const address of ['https://index.docker.io/v1/', 'docker.io', 'registry-1.docker.io', ' https://Docker.IO '])
    assert.equal(registryName(address), 'docker.io', address);
  assert.equal(registryName('http://localhost:5000/v2/'), 'localhost:5000');
  assert.equal(registryOf('alpine:3'), 'docker.io');
  assert.equal(registryOf('localhost:5000/x:1'), 'localhost:5000');
  assert.deepEqual(['docker.io', 'localhost', 'localhost:5000', 'quay'].map(isRegistryName), [true, true, true, false]);
});

test('a full name says where it is', () => {
  assert.equal(fullName('alpine:3'), 'docker.io/library/alpine:3');
  assert.equal(fullName(`quay.io/o/i@${DIGEST}`), `quay.io/o/i@${DIGEST}`);
});

test('tags are cut off, and come with the newest first', () => {
  assert.deepEqual(splitReference('localhost:5000/x'), { repository: 'localhost:5000/x', tag: '' });
  assert.deepEqual(splitReference('localhost:5000/x:1'), { repository: 'localhost:5000/x', tag: '1' });
  assert.deepEqual(['3.9', '3.20', 'latest', 'edge'].sort(compareTags), ['latest', 'edge', '3.20', '3.9']);
});

test('a proxy is the setting’s, else the environment’s, and not for what is excluded', () => {
  const environment = { HTTPS_PROXY: 'http://env:1', NO_PROXY: 'internal.example, .corp' };
  const proxy = (registry: string, configured = '') => proxyFor(registry, { configured, environment });
  assert.equal(proxy('docker.io'), 'http://env:1');
  assert.equal(proxy('docker.io', 'http://set:2'), 'http://set:2');
  for (const registry of ['internal.example:5000', 'sub.internal.example', 'r.corp', 'localhost:5000', '127.0.0.1']) assert.equal(proxy(registry), undefined);
  assert.equal(proxy('notinternal.example'), 'http://env:1');
  assert.equal(proxyFor('docker.io', { configured: '', environment: { https_proxy: 'http://small:3' } }), 'http://small:3');
  assert.equal(proxyFor('docker.io', { configured: 'http://set:2', environment: { no_proxy: '*' } }), undefined);
});
