// The folders of containers: made and unmade by one rename each, their documents replaced as a whole.
// One writer per container is the engine's affair.
import { chmod, mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { mapBounded } from './bounded.js';
import { ConfigCache, StoredConfig } from './configCache.js';
import { CONTAINER_RECORD_VERSION, containerRecord, type ContainerRecord } from './containerRecord.js';
import { readDocument, UnreadableDocument } from './document.js';
import { makeFolder, namesIn, syncFolder, temporariesIn, writeSynced } from './files.js';
import { temporaryPath, type Paths } from './paths.js';

export type LoadedContainer =
  { readonly kind: 'record'; readonly record: ContainerRecord } | { readonly kind: 'unreadable'; readonly id: string; readonly reason: string };

export class ContainerStore {
  private readonly configs = new ConfigCache();

  /** `replaceFile`: as `writeAtomically` of files.ts, by way of a new file at `temporary`, but in one go on another thread. */
  constructor(
    private readonly paths: Paths,
    private readonly replaceFile: (file: string, temporary: string, content: string) => Promise<void>,
  ) {}

  async open(): Promise<void> {
    await makeFolder(this.paths.containers);
    await makeFolder(this.paths.runs);
  }

  /** Half-made and half-removed folders; the caller removes them. */
  async leftovers(): Promise<readonly string[]> {
    return [...(await temporariesIn(this.paths.containers)), ...(await temporariesIn(this.paths.runs))];
  }

  async load(): Promise<readonly LoadedContainer[]> {
    const names = await namesIn(this.paths.containers);
    return mapBounded(names, (id) => this.loadOne(id));
  }

  /** Makes the container's folder with all that belongs into it, or nothing. */
  async create(record: ContainerRecord, config: string): Promise<void> {
    const temporary = temporaryPath(this.paths.containers);
    try {
      await this.fill(temporary, record, config);
      await rename(temporary, this.paths.container(record.id).folder);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    }
    await syncFolder(this.paths.containers);
    this.configs.set(record.id, new StoredConfig(config));
  }

  async saveRecord(record: ContainerRecord): Promise<void> {
    await this.replace(this.paths.container(record.id).record, JSON.stringify(record));
  }

  async saveConfig(id: string, config: string): Promise<void> {
    try {
      await this.replace(this.paths.container(id).config, config);
    } finally {
      this.configs.delete(id);
    }
  }

  async readConfig(id: string): Promise<StoredConfig> {
    const known = this.configs.get(id);
    if (known !== undefined) return known;
    const { changes } = this.configs;
    const config = new StoredConfig(await readFile(this.paths.container(id).config, 'utf8'));
    // What has been read while one was written may be the one before.
    if (changes === this.configs.changes) this.configs.set(id, config);
    return config;
  }

  /** Takes the container's name from its folder, for good; returns what is left to be removed. Works on a full disk. */
  async discard(id: string): Promise<string> {
    const temporary = temporaryPath(this.paths.containers);
    this.configs.delete(id);
    await rename(this.paths.container(id).folder, temporary);
    await syncFolder(this.paths.containers);
    return temporary;
  }

  private replace(file: string, content: string): Promise<void> {
    return this.replaceFile(file, temporaryPath(path.dirname(file)), content);
  }

  private async fill(folder: string, record: ContainerRecord, config: string): Promise<void> {
    await mkdir(folder, { mode: 0o700 });
    await mkdir(path.join(folder, 'work'), { mode: 0o700 });
    await this.makeUpper(path.join(folder, 'upper'));
    await writeSynced(path.join(folder, 'config.json'), config);
    await writeSynced(path.join(folder, 'record.json'), JSON.stringify(record));
    await syncFolder(folder);
  }

  /** Its mode is that of the container's root directory: nobody's umask may narrow it. */
  private async makeUpper(folder: string): Promise<void> {
    await mkdir(folder);
    await chmod(folder, 0o755);
  }

  private async loadOne(id: string): Promise<LoadedContainer> {
    const files = this.paths.container(id);
    try {
      const record = await readDocument(files.record, CONTAINER_RECORD_VERSION, containerRecord);
      if (record.id !== id) throw new UnreadableDocument(files.record, 'is another container’s');
      return { kind: 'record', record };
    } catch (error) {
      if (!(error instanceof UnreadableDocument)) throw error;
      return { kind: 'unreadable', id, reason: error.message };
    }
  }
}
