/** Playwright on the copy that its tests are in: `defineConfig(withSidings({ … }))`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PlaywrightTestConfig } from '@playwright/test';
import { toLabel } from '../model/hostname.ts';
import { shortHash } from '../model/text.ts';
import { ask, tellWorkers } from './ask.ts';
import { baseUrlOf, projectUrls, statedUrls } from './base-url.ts';
import { chromiumArguments } from './chromium.ts';
import { mapNames } from './names.ts';
import type { Question, Surroundings } from './surroundings.ts';
import { trustRoot } from './trust-root.ts';

export type { TestService } from './surroundings.ts';

export interface CopyOptions {
  /** A folder of the copy; the current folder, which is where `playwright test` was called, where it is left out. */
  readonly directory?: string;
  /** Further hostnames below those of the services that tests open, such as `tenant-1.project-3.web.localhost`. */
  readonly hostnames?: readonly string[];
}

export interface SidingsOptions extends CopyOptions {
  /** The service whose address is the base URL; where it is left out, the one marked `default`, else the first that has an address. */
  readonly service?: string;
}

/** The copy that the tests run in. */
export interface CurrentCopy
  extends Pick<Surroundings, 'name' | 'project' | 'mode' | 'slot' | 'directory' | 'services' | 'env'> {
  /** Where a sign-in of this copy is kept, outside the copy: a folder that is copied takes no session of another one along. */
  readonly storageStateFile: (name?: string) => string;
}

/**
 * The copy that the tests run in: its services with their addresses, its variables. Sets those variables in this process, which hands them
 * to its workers and its `webServer`, and lets this process resolve and trust the addresses at the proxy.
 * Errors: those of `stack-env check`, and `foreign-owner`.
 */
export const currentCopy = ({ directory, hostnames }: CopyOptions = {}): CurrentCopy =>
  asCopy(prepare({ directory: directory ?? process.cwd(), hostnames: hostnames ?? [], stated: [] }));

/**
 * A configuration with what is needed to test the copy that it is in: `baseURL`, names and certificates for Chromium and for `request`, and
 * the copy's variables (`currentCopy`). A base URL that is stated, in the configuration or in PLAYWRIGHT_BASE_URL or BASE_URL, is kept.
 * Errors: those of `currentCopy`, `base-url-foreign` for a base URL of another copy, `service-unknown`, `service-not-http`.
 */
export const withSidings = <TestArgs extends object = object, WorkerArgs extends object = object>(
  config: PlaywrightTestConfig<TestArgs, WorkerArgs>,
  options: SidingsOptions = {},
): PlaywrightTestConfig<TestArgs, WorkerArgs> =>
  // What it does not know it passes on.
  extend(config as PlaywrightTestConfig, options) as PlaywrightTestConfig<TestArgs, WorkerArgs>;

const extend = (
  config: PlaywrightTestConfig,
  { service, directory, hostnames }: SidingsOptions,
): PlaywrightTestConfig => {
  const stated = statedUrls(config, process.env);
  const copy = prepare({
    directory: directory ?? process.cwd(),
    hostnames: hostnames ?? [],
    stated: [...stated, ...projectUrls(config)],
  });
  const { name, mode } = copy;
  const use = { ...config.use, baseURL: stated[0]?.value ?? baseUrlOf(copy, service) };
  const { projects } = config;
  return {
    ...config,
    metadata: { ...config.metadata, sidings: { name, mode, baseURL: use.baseURL } },
    use: projects === undefined ? withChromium(use, use, copy) : use,
    ...(projects !== undefined && {
      projects: projects.map((project) => ({
        ...project,
        use: withChromium(project.use ?? {}, { ...use, ...project.use }, copy),
      })),
    }),
  };
};

type Use = NonNullable<PlaywrightTestConfig['use']>;

/** `use`, where a Chromium runs with `effective`. Other browsers do not start with arguments that they do not know. */
const withChromium = (use: Use, effective: Use, copy: Surroundings): Use => {
  const browser = effective.browserName ?? effective.defaultBrowserType ?? 'chromium';
  if (browser !== 'chromium') return use;
  const { launchOptions } = effective;
  return { ...use, launchOptions: { ...launchOptions, args: [...chromiumArguments(copy, launchOptions?.args)] } };
};

const prepare = (question: Question): Surroundings => {
  const copy = ask(question);
  for (const [name, value] of Object.entries(copy.env)) process.env[name] ||= value;
  mapNames(copy.suffixes, copy.loopback);
  if (copy.root !== undefined) trustRoot(copy.root);
  tellWorkers();
  return copy;
};

const asCopy = ({ name, project, mode, slot, directory, services, env, stateFolder }: Surroundings): CurrentCopy => ({
  name,
  project,
  mode,
  slot,
  directory,
  services,
  env,
  storageStateFile: (session = 'session') => join(privateFolder(stateFolder), `${fileName(session)}.json`),
});

/** Playwright would make it, and all on the way to it, for everybody to read. */
const privateFolder = (folder: string): string => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    // Who writes into it will be told.
  }
  return folder;
};

const fileName = (text: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(text) ? text : `${toLabel(text)}-${shortHash(text)}`;
