// The small parsers: signals, image references, the monitor's lines, the names in archives.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Failure } from '../../../helper/engine/failure.js';
import { isOuterName, linkTarget, memberName } from '../../../helper/engine/images/archive/outerNames.js';
import { chainIds } from '../../../helper/engine/images/content.js';
import { parseReference, tryParseName } from '../../../helper/engine/images/reference.js';
import { LineSplitter, parseMonitorLine } from '../../../helper/engine/monitor/monitorLines.js';
import { signalNumber, tryParseSignal } from '../../../helper/engine/signals.js';
import { digestOf } from '../../support/tarBuilder.js';

describe('signals', () => {
  test('by name, by number, real-time', () => {
    const known = { SIGTERM: 15, KILL: 9, '9': 9, 'SIGRTMIN+3': 37, RTMAX: 64, 'RTMAX-1': 63 };
    for (const [name, number] of Object.entries(known)) assert.equal(signalNumber(name), number, name);
    assert.equal(signalNumber(64), 64);
  });

  test('what is none is refused', () => {
    for (const name of ['SIGNONE', '0', '65', 'RTMAX+1', 'RTMIN-1', '', 'toString', '__proto__']) assert.equal(tryParseSignal(name), null, name);
    assert.throws(() => signalNumber(0), Failure);
  });
});

describe('image references', () => {
  test('get a tag, and lose what says Docker Hub', () => {
    const names = {
      busybox: 'busybox:latest',
      'docker.io/library/busybox': 'busybox:latest',
      'docker.io/team/app:1': 'team/app:1',
      'localhost:5000/app': 'localhost:5000/app:latest',
      'registry.example/a/b.c__d:v1.2': 'registry.example/a/b.c__d:v1.2',
    };
    for (const [text, name] of Object.entries(names)) assert.equal(tryParseName(text), name, text);
  });

  test('what is none is refused', () => {
    for (const text of ['', 'UPPER/Case', 'a//b', '/a', 'a/', 'a:', 'a:b:c', '../etc', 'a b', 'a:tag/with', `a:${'t'.repeat(129)}`, '-a', 'ä']) {
      assert.equal(tryParseName(text), null, text);
    }
  });

  test('ids, digests and beginnings of ids', () => {
    const id = digestOf('x');
    assert.deepEqual(parseReference(id), { kind: 'id', id });
    assert.deepEqual(parseReference(`app@${id}`), { kind: 'id', id });
    assert.deepEqual(parseReference('abcdef012345'), { kind: 'name', name: 'abcdef012345:latest', prefix: 'abcdef012345' });
    assert.throws(() => parseReference('app@sha256:short'), Failure);
  });
});

describe('a monitor’s lines', () => {
  test('running and exited', () => {
    assert.deepEqual(parseMonitorLine('running 12 345'), { kind: 'running', process: { pid: 12, startTimeTicks: 345 } });
    const exited = parseMonitorLine('exited 0 9 1 1700000000000');
    assert.deepEqual(exited, { kind: 'exited', exit: { code: 137, signal: 9, oomKilled: true, unknown: null, atMs: 1_700_000_000_000 } });
  });

  test('what is none is ignored', () => {
    for (const line of ['', 'running', 'running x 1', 'exited 1', 'exited -1 0 0 0', 'hello 1 2 3']) assert.equal(parseMonitorLine(line), null, line);
  });

  test('lines arrive whole, in whatever pieces; an endless one is refused', () => {
    const splitter = new LineSplitter();
    assert.deepEqual(splitter.push('runn'), []);
    assert.deepEqual(splitter.push('ing 1 2\nexi'), ['running 1 2']);
    assert.throws(() => splitter.push('x'.repeat(5000)));
  });
});

describe('the names in an archive', () => {
  const hex = 'a'.repeat(64);

  test('of images', () => {
    const names = [
      '',
      '.',
      'oci-layout',
      'index.json',
      'blobs',
      'blobs/sha256',
      `blobs/sha256/${hex}`,
      'manifest.json',
      'repositories',
      hex,
      `${hex}.json`,
      `${hex}/layer.tar`,
      `sha256:${hex}`,
    ];
    for (const name of names) assert.equal(isOuterName(name), true, name);
  });

  test('of a root file system', () => {
    for (const name of ['bin', 'bin/sh', 'etc/passwd', 'blobs/sha256/x', `${hex}/other`, '..', '/', 'index.json/x'])
      assert.equal(isOuterName(name), false, name);
  });

  test('are compared without what says nothing', () => {
    assert.equal(memberName('././a/b//'), 'a/b');
    assert.equal(memberName('./'), '');
  });

  test('links stay within', () => {
    assert.equal(linkTarget(`${hex}/layer.tar`, '../x/layer.tar'), 'x/layer.tar');
    assert.equal(linkTarget('a', '../../etc/passwd'), null);
    assert.equal(linkTarget('a', '/etc/passwd'), null);
  });
});

test('chain ids are made as those of the OCI image-spec', () => {
  const [a, b] = [digestOf('a'), digestOf('b')];
  assert.deepEqual(chainIds([a, b]), [a, digestOf(`${a} ${b}`)]);
  assert.deepEqual(chainIds([]), []);
});
