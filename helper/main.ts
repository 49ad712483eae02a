// The helper: the privileged half. Reads the command line, makes sure that it may be trusted with root, puts the parts together
// (nothing else constructs), serves until it is told to stop.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { version } from '../package.json';
import { ConfinedRegistryAccess } from './confined/registryAccess.js';
import { Engine } from './engine/engine.js';
import { createHandlers } from './handlers/handlers.js';
import type { Kernel } from './kernel/kernel.js';
import { NativeKernel } from './kernel/nativeKernel.js';
import { IMAGE_LIMITS, PARKING_LIMITS } from './policy/limits.js';
import { Audit } from './server/audit.js';
import { createDispatch } from './server/dispatch.js';
import { Gate } from './server/gate.js';
import { hostWarnings, readHostFacts } from './server/hostFacts.js';
import { untrustedEnvironment, untrustedFiles } from './server/installation.js';
import { listen } from './server/listener.js';
import { createLog, type Log } from './server/log.js';
import { DEFAULT_DATA_DIRECTORY, parseCommand, USAGE, type Options } from './server/options.js';
import { createPlanner } from './server/planner.js';
import { PolicyFile } from './server/policyFile.js';
import { Streams } from './server/streams.js';
import { Turns } from './server/turns.js';
import { Usage } from './server/usage.js';
import { makePassable } from './store/files.js';

/** How long requests that are under way may take to end once the helper has been told to stop. */
const SETTLE_MS = 5000;
const WORKER_THREADS = 16;

async function main(): Promise<void> {
  // Node opens a debugger's port on SIGUSR1 unless somebody listens: with root's rights, for whoever reaches it.
  process.on('SIGUSR1', () => undefined);
  const log = createLog((line) => process.stderr.write(line));
  try {
    const command = parseCommand(process.argv.slice(2));
    if (command.kind === 'help') process.stdout.write(USAGE);
    else if (command.kind === 'version') process.stdout.write(`${version}\n`);
    else await serve(command.options, log);
  } catch (error) {
    process.stderr.write(`bulkhead: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function serve(options: Options, log: Log): Promise<void> {
  const nativeDirectory = options.nativeDirectory ?? findNativeDirectory();
  demandTrust(options, nativeDirectory);
  cleanProcess();
  const end = toldToStop(log);
  const kernel = new NativeKernel({ addonPath: path.join(nativeDirectory, 'bulkhead.node'), dataDirectory: options.dataDirectory });
  takeLocks(kernel, options);
  const helper = await construct(kernel, options, log);
  process.stdout.write(`bulkhead: ready on ${options.socketPath}\n`);
  log.info('ready', { socket: options.socketPath, version, pid: process.pid });
  const exitCode = await end;
  log.info('stopping');
  await helper.stop();
  log.info('stopped');
  process.exit(exitCode);
}

/** Beside the helper where it is installed; in a checkout where node-gyp builds. */
function findNativeDirectory(): string {
  const candidates = [__dirname, path.join(__dirname, '..', '..', 'native', 'build', 'Release')];
  const found = candidates.find((directory) => fs.existsSync(path.join(directory, 'bulkhead.node')));
  if (found === undefined) throw new Error(`bulkhead.node is neither in ${candidates.join(' nor in ')}`);
  return found;
}

function demandTrust(options: Options, nativeDirectory: string): void {
  if (process.geteuid?.() !== 0) throw new Error('must be run as root');
  const files = [
    process.execPath,
    __filename,
    path.join(__dirname, 'registry.worker.js'),
    ...fs
      .readdirSync(nativeDirectory)
      .filter(isProgram)
      .map((name) => path.join(nativeDirectory, name)),
  ];
  const faults = [...untrustedFiles([...files, options.policyPath]), ...untrustedEnvironment(process.env, process.execArgv)];
  if (faults.length === 0) return;
  const text = faults.map((fault) => `\n  ${fault}`).join('');
  if (!options.isDevelopment) throw new Error(`refuses to run as root, since others could make it do what they like:${text}\n(--development overrides this)`);
  process.stderr.write(`bulkhead: development: goes on in spite of:${text}\n`);
}

const isProgram = (name: string): boolean => name === 'bulkhead.node' || name === 'bulkhead-init' || name === 'bulkhead-runtime';

/** What the process that started this one has left behind has no influence from here on. */
function cleanProcess(): void {
  process.umask(0o077);
  process.chdir('/');
  for (const name of Object.keys(process.env)) if (name !== 'PATH' && name !== 'LANG' && name !== 'TZ') delete process.env[name];
  // libuv reads it when the first work comes to its threads: starts, imports and fsyncs wait on them, four would be few.
  process.env['UV_THREADPOOL_SIZE'] = String(WORKER_THREADS);
}

/** For the life of the process. Two helpers on one socket, or with one store, would take each other's containers for leftovers. */
function takeLocks(kernel: Kernel, { dataDirectory, stateDirectory, socketPath }: Options): void {
  fs.mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  // Where the socket is, everybody passes.
  for (const directory of [stateDirectory, path.dirname(socketPath)]) makePassable(directory);
  for (const lock of [path.join(dataDirectory, 'lock'), path.join(stateDirectory, 'lock'), `${socketPath}.lock`]) {
    if (!kernel.lockInstance(lock)) throw new Error(`another helper is running (it holds ${lock})`);
  }
}

interface Helper {
  stop(): Promise<void>;
}

async function construct(kernel: Kernel, options: Options, log: Log): Promise<Helper> {
  const { dataDirectory, stateDirectory } = options;
  const host = kernel.host();
  const group = cgroupParent(host.cgroupRoot, dataDirectory);
  const engine = new Engine({
    kernel,
    planner: createPlanner(readHostFacts(kernel)),
    dataDirectory,
    stateDirectory,
    socketDirectory: path.dirname(options.socketPath),
    cgroupParent: group,
    architecture: os.arch() === 'x64' ? 'amd64' : os.arch(),
    imageLimits: IMAGE_LIMITS,
    parking: { ...PARKING_LIMITS, places: options.parkedContainers },
    registry: registryAccess(kernel, options, group, log),
    log: (event, fields) => log.warn(event, fields),
  });
  const facts = { helperVersion: version, startedMs: Date.now(), host, warnings: hostWarnings(host) };
  const audit = new Audit(path.join(dataDirectory, 'audit'), log);
  const streams = new Streams(kernel, log);
  const policy = new PolicyFile(options.policyPath, log);
  let isStopping = false;
  const dispatch = createDispatch(createHandlers(engine, facts), audit);
  const gate = new Gate({
    dispatch,
    kernel,
    streams,
    audit,
    usage: new Usage(),
    turns: new Turns(),
    log,
    isStopping: () => isStopping,
    roleOf: (peer) => policy.roleOf(peer),
  });
  await engine.open();
  const listener = await listen(options.socketPath, (socket) => gate.admit(socket));
  return {
    async stop() {
      isStopping = true;
      await listener.close();
      await gate.settle(SETTLE_MS);
      streams.close();
      await engine.close();
      listener.destroyAll();
      audit.close();
    },
  };
}

function registryAccess(kernel: Kernel, options: Options, group: string, log: Log): ConfinedRegistryAccess {
  return new ConfinedRegistryAccess({
    kernel,
    host: readHostFacts(kernel),
    programPath: path.join(__dirname, 'registry.worker.js'),
    directory: path.join(options.stateDirectory, 'registry'),
    cgroupParent: group,
    onFailure: (reason, words) => log.warn('a registry process has failed', { reason, words }),
  });
}

/** Its containers' groups are this helper's alone: a second one, with data of its own, has another parent. */
function cgroupParent(root: string, dataDirectory: string): string {
  if (dataDirectory === DEFAULT_DATA_DIRECTORY) return root;
  return `${root}-${createHash('sha256').update(dataDirectory).digest('hex').slice(0, 8)}`;
}

/** Resolves to the exit code. After an exception that nobody has caught, what is in memory is not to be trusted: containers go on, a new helper takes them up. */
function toldToStop(log: Log): Promise<number> {
  process.on('unhandledRejection', (reason) => log.error('unhandled rejection', reason));
  // A terminal that closes is no reason.
  process.on('SIGHUP', () => undefined);
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(0));
    process.on('uncaughtException', (error) => {
      log.error('uncaught exception', error);
      resolve(EXIT_SOFTWARE);
    });
  });
}

/** EX_SOFTWARE of sysexits.h. */
const EXIT_SOFTWARE = 70;

// Last, since what is above has to be initialized.
void main();
