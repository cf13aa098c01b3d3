import { toLabel } from '../model/hostname.ts';
import { fail } from '../model/problem.ts';
import type { Service, State, Workstream } from '../model/workstream.ts';

/** The workstream of a name. Errors: `workstream-unknown`; `label-taken` where two folders have it. */
export const findWorkstream = ({ workstreams }: State, name: string): Workstream => {
  const [found, other] = workstreams.filter((workstream) => workstream.name === name);
  if (found === undefined) throw fail('workstream-unknown', { name });
  if (other === undefined) return found;
  throw fail('label-taken', { first: found.directory, second: other.directory, label: toLabel(name) });
};

/** A service of a workstream by its name. Errors: `service-unknown`. */
export const findService = ({ name, services }: Workstream, wanted: string): Service => {
  const found = services.find((service) => service.name === wanted);
  if (found !== undefined) return found;
  const known = services.map((service) => service.name).join(', ') || 'none';
  throw fail('service-unknown', { name, service: wanted, known });
};
