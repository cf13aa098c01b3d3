import { homedir } from 'node:os';
import { fail, type Problem, SidingsError } from '../model/problem.ts';
import { type RootCertificate, readRoots } from './certificate-folder.ts';
import { javaStore } from './trust-stores/java.ts';
import { linuxStore } from './trust-stores/linux.ts';
import { macosStore } from './trust-stores/macos.ts';
import { nssStores } from './trust-stores/nss.ts';
import {
  describeStep,
  type Machine,
  type Run,
  runCommand,
  type Step,
  type StoreStatus,
  type TrustStore,
} from './trust-stores/trust-store.ts';
import { windowsStore, wslStore } from './trust-stores/windows.ts';

/** The machine that we are on. */
export const thisMachine = (): Machine => ({
  platform: process.platform,
  home: homedir(),
  environment: process.env,
  at: '/',
  run: runCommand,
});

/** The trust stores of a machine: of its system, of the browsers of its user, of Java. */
export const findStores = async (machine: Machine): Promise<readonly TrustStore[]> => {
  const java = await javaStore(machine);
  return [...(await browserStores(machine)), ...(java === undefined ? [] : [java])];
};

/** Those by which a browser may trust a root. */
const browserStores = async (machine: Machine): Promise<readonly TrustStore[]> => {
  const system =
    machine.platform === 'darwin'
      ? [macosStore(machine)]
      : machine.platform === 'win32'
        ? [windowsStore(machine)]
        : [await linuxStore(machine), await wslStore(machine)];
  const browsers = machine.platform === 'win32' ? [] : await nssStores(machine);
  return [...system, ...browsers].filter((store) => store !== undefined);
};

/** Whether any store by which a browser may trust a root holds the current one. Errors: those of `readRoots`. */
export const isTrusted = async (folder: string, machine: Machine): Promise<boolean> => {
  const { current } = await readRoots(folder);
  if (current === undefined) return false;
  const stores = await browserStores(machine);
  const statuses = await Promise.all(stores.map((store) => store.status(current)));
  return statuses.some(({ kind }) => kind === 'trusted');
};

/** What one store says of the root, and what would be done to it. Nothing is changed by making a plan. */
export interface StorePlan {
  readonly store: TrustStore;
  /** Of the current root; `missing` where there is none. */
  readonly status: StoreStatus;
  /** Empty: nothing needs to be done. */
  readonly steps: readonly Step[];
  /** Whether the store is as it should be, asked after the steps. */
  readonly done: () => Promise<boolean>;
}

/**
 * What `sidings trust` would do: the current root goes into every store that lacks it, earlier ones come out.
 * Errors: `root-certificate-missing`, and those of `readRoots`.
 */
export const planTrust = async (folder: string, stores: readonly TrustStore[]): Promise<readonly StorePlan[]> => {
  const { current, retired } = await readRoots(folder);
  if (current === undefined) throw fail('root-certificate-missing', { folder });
  return Promise.all(
    stores.map(async (store) => {
      const status = await store.status(current);
      const out = await removal(store, retired);
      const into = status.kind === 'missing' ? await store.install(current) : [];
      const done = async (): Promise<boolean> => (await store.status(current)).kind === 'trusted';
      return { store, status, steps: once([...out, ...into]), done: into.length > 0 ? done : isDone };
    }),
  );
};

/** What `sidings untrust` would do: every root of this folder comes out of every store. Errors as of `readRoots`. */
export const planUntrust = async (folder: string, stores: readonly TrustStore[]): Promise<readonly StorePlan[]> => {
  const { current, retired } = await readRoots(folder);
  const roots = current === undefined ? retired : [...retired, current];
  return Promise.all(
    stores.map(async (store) => {
      const status: StoreStatus = current === undefined ? { kind: 'missing' } : await store.status(current);
      const done = async (): Promise<boolean> => (await removal(store, roots)).length === 0;
      return { store, status, steps: once(await removal(store, roots)), done };
    }),
  );
};

const removal = async (store: TrustStore, roots: readonly RootCertificate[]): Promise<readonly Step[]> =>
  (await Promise.all(roots.map(store.uninstall))).flat();

const isDone = async (): Promise<boolean> => true;

/** One update of a system's store, after all changes, is enough. */
const once = (steps: readonly Step[]): readonly Step[] => {
  const texts = steps.map(describeStep);
  return steps.filter((_, index) => !texts.slice(index + 1).includes(texts[index] as string));
};

export interface CarryOutOptions {
  readonly run: Run;
  /** Runs what needs the rights of root; undefined where nobody has given them. */
  readonly runAsRoot: Run | undefined;
}

/**
 * Carries plans out, store by store. What fails is a problem of that store (`trust-failed`, `trust-needs-root`) and stops no other.
 */
export const carryOut = async (plans: readonly StorePlan[], options: CarryOutOptions): Promise<readonly Problem[]> => {
  const problems: Problem[] = [];
  for (const { store, steps, done } of plans) {
    const last = steps.at(-1);
    if (last === undefined) continue;
    try {
      for (const step of steps) await take(store, step, steps, options);
      if (!(await done())) throw failed(store, last, 'it ended well but had no effect');
    } catch (error) {
      if (!(error instanceof SidingsError)) throw error;
      problems.push(error.problem);
    }
  }
  return problems;
};

const failed = ({ name: store }: TrustStore, step: Step, reason: string): SidingsError =>
  fail('trust-failed', { store, command: describeStep(step), reason });

const take = async (
  store: TrustStore,
  step: Step,
  all: readonly Step[],
  { run, runAsRoot }: CarryOutOptions,
): Promise<void> => {
  const runStep = step.asRoot ? runAsRoot : run;
  if (runStep === undefined)
    throw fail('trust-needs-root', { store: store.name, command: all.map(describeStep).join(' && ') });
  const { code, stdout, stderr } = await runStep(step.command);
  if (code === 0) return;
  const lastLine = (stderr || stdout).trim().split('\n').at(-1)?.replace(/\.$/, '');
  throw failed(
    store,
    step,
    lastLine || (code === undefined ? 'it did not start or took too long' : `exit code ${code}`),
  );
};
