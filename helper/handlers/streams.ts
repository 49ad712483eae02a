// container/exec, attach, resize, logs and export: what has a stream of bytes. The bytes themselves don't pass through here, but for logs and exports.
import type { Writable } from 'node:stream';
import type { ExecId, TerminalSize } from '../../protocol/scalars.js';
import type { Container } from '../engine/containers/container.js';
import { isActive } from '../engine/containers/state.js';
import type { Engine } from '../engine/engine.js';
import { notFound } from '../engine/failure.js';
import { streamLog } from '../engine/logs/streamLog.js';
import type { Call, Handlers } from './call.js';
import { mustRun } from './containers.js';
import { mustBeAllowed } from './power.js';

type StreamMethod = 'container/exec' | 'container/attach' | 'container/resize' | 'container/logs' | 'container/export';

export function streamHandlers(engine: Engine): Pick<Handlers, StreamMethod> {
  const { registry, execs, exporting } = engine;
  const find = (call: Call, { container }: { container: string }): Container => registry.find(call.caller, container);

  return {
    'container/exec': async (call, { container: _container, size, ...command }) => {
      const container = find(call, { container: _container });
      mustBeAllowed(call, container);
      const exec = await execs.start(container, call.caller, { ...command, workingDirectory: command.workingDirectory, user: command.user });
      const abandoned = () => execs.abandon(exec.id);
      try {
        const pass = { kind: 'pass', monitorSocket: exec.monitorSocket, message: attachMessage(false, size) } as const;
        const token = call.streams.issue(call.caller, { ...pass, passed: () => void execs.attached(exec), abandoned });
        return { exec: exec.id as ExecId, token };
      } catch (error) {
        // Nobody could ever attach to it.
        abandoned();
        throw error;
      }
    },
    'container/attach': (call, params) => {
      const container = find(call, params);
      mustRun(container);
      mustBeAllowed(call, container);
      const { monitorSocket } = engine.pathsOf(container);
      const message = attachMessage(params.replay, params.size);
      return Promise.resolve({ token: call.streams.issue(call.caller, { kind: 'pass', monitorSocket, message }) });
    },
    'container/resize': (call, params) => {
      const container = find(call, params);
      mustRun(container);
      const channel = params.exec === undefined ? container.monitor : execs.find(container, params.exec).channel;
      if (channel === null) throw notFound(params.container);
      channel.resize(params.size.rows, params.size.columns);
      return Promise.resolve({});
    },
    'container/logs': (call, params) => {
      const container = find(call, params);
      const { log } = engine.pathsOf(container);
      const { follow, tail, sinceMs } = params;
      // What has yet to be started may still write.
      const mayWrite = () => !container.removed && (isActive(container.state) || container.state.status === 'created');
      const writer = { isActive: mayWrite, watch: (listener: () => void) => container.watch(listener) };
      const token = call.streams.issue(call.caller, {
        kind: 'serve',
        serve: (sink, signal) => streamLog(log, { follow, tail, sinceMs }, writer, sink, signal),
      });
      return Promise.resolve({ token });
    },
    'container/export': (call, params) => {
      const tree = exporting.container(find(call, params));
      try {
        const serve = (sink: Writable, signal: AbortSignal) => tree.write(sink, signal).finally(() => tree.release());
        return Promise.resolve({ token: call.streams.issue(call.caller, { kind: 'serve', serve, abandoned: () => tree.release() }) });
      } catch (error) {
        tree.release();
        throw error;
      }
    },
  };
}

/** The monitor's word for it (docs/architecture.md); without a size the terminal keeps its own. */
function attachMessage(replay: boolean, size: TerminalSize | undefined): string {
  return `attach ${replay ? 1 : 0} ${size?.rows ?? 0} ${size?.columns ?? 0}\n`;
}
