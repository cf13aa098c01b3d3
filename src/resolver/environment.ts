import { fail } from '../model/problem.ts';
import { shortHash } from '../model/text.ts';
import type { Resolution } from '../model/workstream.ts';
import type { ProjectFile } from './project-file.generated.ts';
import { slotInName } from './slots.ts';

/** PostgreSQL cuts identifiers after 63 bytes; DNS labels, which compose makes of its names, end there as well. */
const maxLength = 63;

/**
 * What is left of a name, if it fits and only `-` and `_` stand beside letters and digits; else with a hash of the whole
 * name at its end, so that names stay distinct.
 */
const distinct = (rest: string, name: string, separator: string): string => {
  const fits = rest !== '' && rest.length <= maxLength && /^[A-Za-z0-9_-]+$/.test(name);
  return fits ? rest : hashed(rest, name, separator);
};

const hashed = (rest: string, name: string, separator: string): string => {
  const hash = shortHash(name);
  return [rest.slice(0, maxLength - hash.length - separator.length), hash]
    .filter((part) => part !== '')
    .join(separator);
};

/** A workstream's name as a PostgreSQL identifier: `project-3` becomes `project_3`. */
export const databaseName = (name: string): string => {
  const composed = name.normalize();
  const plain = composed.toLowerCase().replace(/[^a-z0-9]/g, '_');
  const rest = /^[a-z_]/.test(plain) ? plain : `db_${plain}`;
  return distinct(rest, composed, '_');
};

/** The project name that compose itself takes from a folder of this name. */
export const composeDefault = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '') || shortHash(name);

/**
 * A workstream's name as a compose project name, `[a-z0-9][a-z0-9_-]*`: that of compose, for names that it does not change. For compose
 * `_project` is called `project`, and would share containers and volumes with main.
 */
export const composeName = (name: string, project: string): string => {
  const rest = composeDefault(name);
  const ofAnother = slotInName(name, project) === undefined && slotInName(rest, composeDefault(project)) !== undefined;
  return ofAnother ? hashed(rest, name.normalize(), '-') : distinct(rest, name.normalize(), '-');
};

export interface EnvironmentInput {
  /** The copy as far as it is known before its environment. */
  readonly copy: Omit<Resolution, 'env' | 'problems'>;
  readonly project: ProjectFile;
  /** The project's file, for messages. */
  readonly file: string;
  readonly composeProject: string;
  /** Set where the root certificate exists. */
  readonly rootCertificate: string | undefined;
}

/**
 * Every variable that the resolver owns, in the order in which it is printed; a later one of the same name wins.
 * Errors: `placeholder-unknown`.
 */
export const environment = (input: EnvironmentInput): Readonly<Record<string, string>> => {
  const { copy, project, composeProject, rootCertificate } = input;
  const entries: [string, string][] = [
    ['STACK_NAME', copy.name],
    ['STACK_MODE', copy.mode],
    ['STACK_SLOT', String(copy.slot)],
    ['STACK_DIRECTORY', copy.directory],
    ['COMPOSE_PROJECT_NAME', composeProject],
  ];
  if (rootCertificate !== undefined) entries.push(['NODE_EXTRA_CA_CERTS', rootCertificate]);
  for (const [service, { port }] of Object.entries(copy.services)) {
    const declared = Object.hasOwn(project.services, service) ? project.services[service] : undefined;
    for (const variable of declared?.env ?? []) entries.push([variable, String(port)]);
  }
  const values = placeholders(copy);
  for (const [variable, template] of Object.entries(project.env ?? {})) {
    entries.push([variable, fillIn(template, values, { variable, file: input.file })]);
  }
  return Object.fromEntries(entries);
};

/** What the words between braces stand for. */
const placeholders = (copy: EnvironmentInput['copy']): ReadonlyMap<string, string> => {
  const values = new Map<string, string>();
  for (const [name, service] of Object.entries(copy.services)) {
    values.set(`${name}.port`, String(service.port));
    if (service.kind === 'tcp') continue;
    values.set(`${name}.url`, service.url).set(`${name}.localUrl`, service.localUrl);
  }
  return values
    .set('workstream', copy.name)
    .set('project', copy.project)
    .set('slot', String(copy.slot))
    .set('database', databaseName(copy.name))
    .set('directory', copy.directory);
};

/**
 * Fills in `{word}` and `{word.word}`. Doubled braces stand for themselves: `{{slot}}` gives `{slot}`. Braces around anything
 * else, such as JSON, are left alone.
 */
const fillIn = (
  template: string,
  values: ReadonlyMap<string, string>,
  { variable, file }: { readonly variable: string; readonly file: string },
): string =>
  template.replace(/\{(\{[\w.-]+\})\}|\{([\w.-]+)\}/g, (whole, literal: string | undefined, word: string) => {
    if (literal !== undefined) return literal;
    const value = values.get(word);
    if (value !== undefined) return value;
    const known = [...values.keys()].map((name) => `{${name}}`).join(', ');
    throw fail('placeholder-unknown', { file, variable, placeholder: whole, known });
  });
