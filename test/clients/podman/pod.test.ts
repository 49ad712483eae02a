// Several containers of Podman with our runtime: a pod with shared namespaces; a bridge with a published port.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { requires } from '../../support/world.js';
import { IMAGE, Podman } from '../support/podman.js';

describe('containers of Podman together', requires('root', 'runtime', 'image', 'podman', 'network-tools'), () => {
  let podman: Podman;
  before(() => {
    podman = new Podman();
  });
  after(() => {
    assert.deepEqual(podman.end(), []);
  });

  test('a pod shares its first container’s namespaces, and pauses, stops, starts and goes as one', () => {
    const links = 'for n in net ipc uts pid; do readlink /proc/self/ns/$n; done';
    podman.mustUnseen('pod', 'create', '--name', 'pod', '--share', 'net,ipc,uts,pid', '--hostname', 'together', ...podman.placed([]));
    podman.must('run', '--detach', '--pod=pod', '--name', 'server', IMAGE, 'sh', '-c', 'httpd -p 127.0.0.1:8000 -h /etc; exec sleep 1000');
    const { stdout, stderr } = podman.call('run', '--rm', '--pod=pod', IMAGE, 'sh', '-c', `${links}; hostname; ps -o comm`);
    assert.equal(stderr, '');
    const lines = stdout.trim().split('\n');
    assert.deepEqual(lines.slice(0, 4), podman.must('exec', 'server', 'sh', '-c', links).split('\n'));
    assert.equal(lines[4], 'together');
    assert.ok(lines.includes('catatonit') && lines.includes('sleep'), stdout);
    const fetched = podman.call('run', '--rm', '--pod=pod', IMAGE, 'wget', '-qO-', 'http://127.0.0.1:8000/passwd');
    assert.match(fetched.stdout, /^root:/, fetched.stderr);
    const state = (): string => podman.must('inspect', '--format', '{{.State.Status}}', 'server');
    const wholeState = (): string => podman.must('pod', 'inspect', '--format', '{{.State}}', 'pod');
    podman.must('pod', 'pause', 'pod');
    assert.deepEqual([state(), wholeState()], ['paused', 'Paused']);
    podman.must('pod', 'unpause', 'pod');
    podman.must('pod', 'stop', '--time', '0', 'pod');
    // "stopped" until Podman has cleaned up after it.
    assert.match(`${state()} ${wholeState()}`, /^(stopped|exited) (Stopped|Exited)$/);
    podman.must('pod', 'start', 'pod');
    assert.deepEqual([state(), wholeState()], ['running', 'Running']);
    podman.must('pod', 'rm', '--force', '--time', '0', 'pod');
  });

  test('containers on a bridge reach each other, and the host a published port', () => {
    const options = podman.placed(['--network=bridge']).join(' ');
    const script = `podman run --detach --name web --publish 8080:80 ${options} ${IMAGE} httpd -f -p 80 -h /etc >/dev/null
      address=$(podman inspect --format '{{.NetworkSettings.IPAddress}}' web)
      podman run --rm ${options} ${IMAGE} sh -c "ls /sys/class/net; wget -qO- http://$address/passwd | head -n 1"
      curl --silent http://127.0.0.1:8080/passwd | head -n 1
      podman rm --force --time 0 web >/dev/null`;
    const { status, stdout, stderr } = podman.inPrivateNetwork(script);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, 'eth0\nlo\nroot:x:0:0:root:/root:/bin/sh\nroot:x:0:0:root:/root:/bin/sh\n');
  });
});
