import { loadSettings } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import type { Problem } from '../../model/problem.ts';
import { printable } from '../../model/text.ts';
import { type RootCertificate, readRoots } from '../../tls/certificate-folder.ts';
import { carryOut, findStores, type StorePlan } from '../../tls/trust.ts';
import {
  describeCommand,
  describeStep,
  displayName,
  type Step,
  type StoreStatus,
  type TrustStore,
} from '../../tls/trust-stores/trust-store.ts';
import { exitCodeOf, printJson, printText, report } from '../report.ts';
import { becomeInvoker } from './invoker.ts';
import { askForRoot, type HowToAsk, type Rights, rightsOf } from './rights.ts';
import type { SettingOptions } from './setting-options.ts';

export type StoreOptions = SettingOptions & {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
};

/** What `trust` and `untrust` do differently. */
export interface Change {
  /** What has to be there first. Gives what a person should know. */
  readonly prepare: (settings: Settings, dryRun: boolean) => Promise<readonly Problem[]>;
  readonly plan: (folder: string, stores: readonly TrustStore[]) => Promise<readonly StorePlan[]>;
  /** What a person can do where Sidings does nothing. */
  readonly advice: (plan: StorePlan) => string | undefined;
  readonly words: Words;
}

/** What a store is said to be in each of its states, when it was changed, and what is said of a folder without a root. */
interface Words extends Readonly<Record<StoreStatus['kind'], string>> {
  readonly changed: string;
  readonly none: string;
}

/**
 * Changes all trust stores of the machine and its user, and shows before what is done. Behind sudo, the user's own stores are changed as
 * that user, and only what needs root is done as root.
 */
export const changeStores = async (
  { dryRun = false, yes = false, json = false, ...flags }: StoreOptions,
  change: Change,
): Promise<number> => {
  const invoker = becomeInvoker(process.env);
  const { certificateDirectory: folder, ...settings } = await loadSettings({ flags, ...invoker?.identity });
  const rights = rightsOf(invoker);
  report(await change.prepare({ ...settings, certificateDirectory: folder }, dryRun));
  const stores = await findStores(rights.machine);
  const { current } = await readRoots(folder);
  const plans = await change.plan(folder, stores);
  if (!json) printText(describe(folder, current, plans, change, rights));

  const problems = dryRun ? [] : await carryOutPlans(plans, rights, { yes, json });
  const after = dryRun ? plans : await change.plan(folder, stores);
  const outcomes = plans.map((plan, index) => ({
    name: plan.store.name,
    status: (after[index] ?? plan).status.kind,
    commands: plan.steps.map((step) => stepText(step, rights)),
    changed: plan.steps.length > 0 && !dryRun && after[index]?.steps.length === 0,
    advice: change.advice(plan),
  }));
  if (json) printJson({ root: current && describeRoot(current), dryRun, stores: outcomes, problems });
  else printText(summary(outcomes, change.words));
  report(problems);
  return exitCodeOf(problems);
};

const carryOutPlans = async (
  plans: readonly StorePlan[],
  rights: Rights,
  how: HowToAsk,
): Promise<readonly Problem[]> => {
  const needsRoot = plans.some(({ steps }) => steps.some(({ asRoot }) => asRoot));
  const runAsRoot = needsRoot ? await askForRoot(rights, how) : undefined;
  return carryOut(plans, { run: rights.machine.run, runAsRoot });
};

const describe = (
  folder: string,
  root: RootCertificate | undefined,
  plans: readonly StorePlan[],
  { words, advice }: Change,
  rights: Rights,
): string => {
  const head =
    root === undefined
      ? `${words.none} in ${folder}.`
      : `${displayName(root)}, until ${describeRoot(root).until.slice(0, 10)}, in ${folder}`;
  const body = plans.flatMap((plan) => [
    `${plan.store.name}: ${words[plan.status.kind]}`,
    ...plan.steps.map((step) => `  ${stepText(step, rights)}`),
    ...[advice(plan) ?? []].flat().map((text) => `  ${text}`),
  ]);
  return `${[head, '', ...body].map(printable).join('\n')}\n`;
};

const stepText = (step: Step, { runAsRoot }: Rights): string =>
  runAsRoot === undefined ? describeStep(step) : describeCommand(step.command);

const describeRoot = ({ file, certificate }: RootCertificate) => ({
  name: /^CN=(.*)$/m.exec(certificate.subject)?.[1],
  file,
  fingerprint256: certificate.fingerprint256,
  until: new Date(certificate.validTo).toISOString(),
});

const summary = (outcomes: readonly { readonly name: string; readonly changed: boolean }[], words: Words): string => {
  const changed = outcomes.filter((outcome) => outcome.changed);
  if (changed.length === 0) return '';
  const lines = changed.map(({ name }) => `${printable(name)}: ${words.changed}`);
  return `\n${lines.join('\n')}\nBrowsers that are open see it after a restart.\n`;
};
