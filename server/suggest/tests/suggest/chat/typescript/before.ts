import { EventEmitter } from 'events';
import { readFile, writeFile } from 'fs/promises';
import path from 'path';

import { debounce } from './timing';
import type { Settings, SettingsFile } from './types';

const DEFAULTS: Settings = {
  theme: 'light',
  fontSize: 14,
  tabSize: 4,
  autosave: false,
};

export interface StoreOptions {
  directory: string;
  name?: string;
  /** Milliseconds to wait before writing. */
  delay?: number;
}

export class StoreError extends Error {
  constructor(
    message: string,
    readonly cause?: unknown,
  ) {
    super(message);
    this.name = 'StoreError';
  }
}

/** Keeps the settings of one user in a file. */
export class SettingsStore extends EventEmitter {
  private settings: Settings = { ...DEFAULTS };
  private readonly file: string;
  private readonly save: () => void;

  constructor(options: StoreOptions) {
    super();
    this.file = path.join(options.directory, options.name ?? 'settings.json');
    this.save = debounce(() => this.write(), options.delay ?? 500);
  }

  async load(): Promise<void> {
    try {
      const text = await readFile(this.file, 'utf8');
      const parsed = JSON.parse(text) as SettingsFile;
      this.settings = { ...DEFAULTS, ...parsed.settings };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw new StoreError(`cannot read ${this.file}`, error);
      }
    }
    this.emit('loaded', this.settings);
  }

  get<K extends keyof Settings>(key: K): Settings[K] {
    return this.settings[key];
  }

  set<K extends keyof Settings>(key: K, value: Settings[K]): void {
    if (this.settings[key] === value) {
      return;
    }
    this.settings[key] = value;
    this.emit('changed', key, value);
    this.save();
  }

  reset(): void {
    this.settings = { ...DEFAULTS };
    this.emit('reset');
    this.save();
  }

  private async write(): Promise<void> {
    const text = JSON.stringify({ version: 1, settings: this.settings }, null, 2);
    await writeFile(this.file, text);
  }
}

export function describeSettings(settings: Settings): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}`);
  return lines.join('\n');
}

export const isDark = (settings: Settings): boolean => settings.theme === 'dark';

export function mergeSettings(base: Settings, ...others: Partial<Settings>[]): Settings {
  let merged = { ...base };
  for (const other of others) {
    merged = { ...merged, ...other };
  }
  return merged;
}

export default SettingsStore;
