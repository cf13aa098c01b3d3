import { type Problem, problem } from '../model/problem.ts';
import type { Resolution } from '../model/workstream.ts';
import { record } from './compose-ports.ts';
import { composeDefault, composeName } from './environment.ts';
import { ownerOfPath } from './guards.ts';
import type { KnownCopy } from './known-copies.ts';

/** A container that compose made, as `docker inspect` tells of it. */
export interface ComposeContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly running: boolean;
  readonly project: string;
  /** The folder of its project. */
  readonly directory: string;
  readonly service: string;
  /** Made by `compose run`. */
  readonly isOneOff: boolean;
  readonly env: Readonly<Record<string, string>>;
}

/** Reads one entry of the answer of `docker inspect`; what is missing is empty. */
export const composeContainer = (answer: unknown): ComposeContainer => {
  const { Id, Name, State, Config } = record(answer);
  const { Image, Labels, Env } = record(Config);
  const label = (name: string): string => text(record(Labels)[`com.docker.compose.${name}`]);
  return {
    id: text(Id),
    name: text(Name).replace(/^\//, ''),
    image: text(Image),
    running: record(State).Running === true,
    project: label('project'),
    directory: label('project.working_dir'),
    service: label('service'),
    isOneOff: /^true$/i.test(label('oneoff')),
    env: Object.fromEntries((Array.isArray(Env) ? Env : []).map((entry: unknown) => assignment(text(entry)))),
  };
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const assignment = (entry: string): [string, string] => {
  const at = entry.indexOf('=');
  return at === -1 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
};

/** Whether a container is of this very copy: its compose project, in its folder. */
export const isOwnContainer = (
  { project, directory }: ComposeContainer,
  copy: Pick<Resolution, 'env' | 'directory'>,
): boolean => project !== '' && project === copy.env.COMPOSE_PROJECT_NAME && directory === copy.directory;

/**
 * Containers whose compose project and folder disagree: of this copy's project, started elsewhere, which compose would take for its own;
 * and started here as another project, which rejects where that one is another copy's.
 */
export const guardContainers = (
  containers: readonly ComposeContainer[],
  copy: Resolution,
  others: readonly KnownCopy[],
): readonly Problem[] => {
  const { COMPOSE_PROJECT_NAME: own } = copy.env;
  const owners = new Map(
    others.map(({ name, slot }) => [slot === 0 ? composeDefault(name) : composeName(name, copy.project), name]),
  );
  const groups = new Map<string, readonly ComposeContainer[]>();
  for (const container of containers) {
    const { project, directory } = container;
    // Without the label nothing is known of where it was started.
    if (directory === '') continue;
    const isHere = isInside(directory, copy.directory) && ownerOfPath(directory, copy, others) === undefined;
    if ((project === own) === isHere) continue;
    const group = JSON.stringify([project, directory]);
    groups.set(group, [...(groups.get(group) ?? []), container]);
  }
  return [...groups.values()].map((group) => {
    const { project, directory } = group[0] as ComposeContainer;
    const names = group.map(({ name }) => name).join(', ');
    const down = `docker compose -p ${project} down`;
    if (project === own) {
      const other = ownerOfPath(directory, copy, others);
      return problem('compose-foreign-container', {
        project,
        directory,
        owner: other === undefined ? '' : `, which is ${other}`,
        containers: names,
        mend: `Compose would take them for those of ${copy.name}. Remove them there with: ${down}. Or rename one of the two folders.`,
      });
    }
    const other = owners.get(project);
    return {
      ...problem('compose-foreign-container', {
        project,
        directory,
        owner: other === undefined ? '' : `, but that is the project of ${other}`,
        containers: names,
        mend: `Remove them with: ${down}. Then start them with: stack-env compose up -d`,
      }),
      severity: other === undefined ? 'warning' : 'error',
    };
  });
};

const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
