import { join } from 'node:path';
import { toLabel } from '../model/hostname.ts';
import { fail } from '../model/problem.ts';
import { type JsonFileKind, readJsonFile, type Validator } from './json-file.ts';
import { type ProjectFile, validate } from './project-file.generated.ts';
import { type BasePort, overlap } from './slots.ts';

export type { ProjectFile } from './project-file.generated.ts';

/** The project's file; a folder that holds it is a copy. */
export const projectFileName = 'sidings.json';

const kind: JsonFileKind = {
  validate: validate as Validator,
  schema: new URL('../../config/project-file.schema.json', import.meta.url),
  unreadable: (file, reason) => fail('project-file-unreadable', { file, reason }),
  syntax: (file, line, column, reason) => fail('project-file-syntax', { file, line, column, reason }),
  invalid: (file, path, reason, suggestion) => fail('project-file-invalid', { file, path, reason, suggestion }),
};

/**
 * The checked `sidings.json` of a copy.
 * Errors: `project-file-unreadable`, `project-file-syntax`, `project-file-invalid`, `port-overlap`.
 */
export const readProjectFile = async (directory: string): Promise<ProjectFile> => {
  const file = join(directory, projectFileName);
  const content = await readJsonFile<ProjectFile>(file, kind);
  checkProjectFile(content, file);
  return content;
};

/** Each service with its base port. */
export const basePorts = ({ services }: ProjectFile): readonly BasePort[] =>
  Object.entries(services).map(([service, { kind = 'http', port }]) => ({ service, kind, port }));

/** What no schema can say: that the parts of a file agree with each other. Throws what `readProjectFile` rejects with. */
export const checkProjectFile = (content: ProjectFile, file: string): void => {
  const invalid = (path: string, reason: string, suggestion: string) =>
    fail('project-file-invalid', { file, path, reason, suggestion });
  const owners = new Map<string, string>();
  const labels = new Map<string, string>();
  let standard: string | undefined;
  for (const [service, { kind, env = [], default: isDefault }] of Object.entries(content.services)) {
    if (kind !== 'tcp') {
      const other = labels.get(toLabel(service));
      if (other !== undefined) {
        const same = `has the same hostnames as ${other}`;
        throw invalid(
          `services.${service}`,
          same,
          'Case does not count in a hostname, and `_` becomes `-`: rename one.',
        );
      }
      labels.set(toLabel(service), service);
    }
    for (const variable of env) {
      const owner = owners.get(variable);
      if (owner !== undefined) {
        const twice = `names ${variable}, which is the port of ${owner}`;
        throw invalid(`services.${service}.env`, twice, 'Give each service variables of its own.');
      }
      owners.set(variable, service);
    }
    if (isDefault !== true) continue;
    if (standard !== undefined) {
      throw invalid(`services.${service}.default`, `is set on ${standard} as well`, 'One service can be the default.');
    }
    standard = service;
  }
  for (const variable of [...owners.keys(), ...Object.keys(content.env ?? {})]) {
    if (!/^(?:STACK_(?:NAME|MODE|SLOT|DIRECTORY)|COMPOSE_PROJECT_NAME)$/.test(variable)) continue;
    const path = owners.has(variable) ? `services.${owners.get(variable)}.env` : `env.${variable}`;
    throw invalid(path, `sets ${variable}, which Sidings computes`, 'Choose another name for the variable.');
  }
  const same = overlap(basePorts(content));
  if (same === undefined) return;
  const [first, second] = same;
  throw fail('port-overlap', {
    first: first.service,
    firstPort: first.port,
    second: second.service,
    secondPort: second.port,
    file,
  });
};
