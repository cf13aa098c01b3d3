import { fail } from '../model/problem.ts';
import type { StatedUrl, Surroundings } from './surroundings.ts';
import { withHint } from './with-hint.ts';

/** What is looked at of a configuration. */
interface Stating {
  readonly use?: { readonly baseURL?: string | undefined } | undefined;
  readonly projects?: readonly (Pick<Stating, 'use'> & { readonly name?: string })[] | undefined;
}

/** Names under which people state a base URL. */
const variables = ['PLAYWRIGHT_BASE_URL', 'BASE_URL'] as const;

/**
 * Pure: the base URLs that are stated for all tests, the one that counts first. A value that is no http URL, such as the `/` that Vite
 * calls BASE_URL, says nothing.
 */
export const statedUrls = (
  { use }: Stating,
  environment: Readonly<Record<string, string | undefined>>,
): readonly StatedUrl[] =>
  [
    { source: 'use.baseURL', value: use?.baseURL },
    ...variables.map((name) => ({ source: name, value: environment[name] })),
  ].filter(isUrl);

/** Pure: those that projects state for themselves. */
export const projectUrls = ({ projects = [] }: Stating): readonly StatedUrl[] =>
  projects
    .map(({ name = '', use }, index) => ({
      source: `use.baseURL of project ${name || index + 1}`,
      value: use?.baseURL,
    }))
    .filter(isUrl);

const isUrl = (stated: { readonly source: string; readonly value: string | undefined }): stated is StatedUrl =>
  /^https?:\/\//i.test(stated.value ?? '');

/** Pure: where tests reach a service of a copy: the one that is named, else the one marked `default`, else the first that has an address. */
export const baseUrlOf = (
  { name, services }: Pick<Surroundings, 'name' | 'services'>,
  service: string | undefined,
): string => {
  const all = Object.entries(services);
  const [wanted, found] =
    service === undefined
      ? (all.find(([, one]) => one.default) ?? all.find(([, { url }]) => url !== undefined) ?? ['any', undefined])
      : [service, Object.hasOwn(services, service) ? services[service] : undefined];
  if (service !== undefined && found === undefined) {
    const known = all.map(([one]) => one).join(', ') || 'none';
    throw withHint(fail('service-unknown', { name, service, known }).problem);
  }
  if (found?.url === undefined) throw withHint(fail('service-not-http', { name, service: wanted }).problem);
  return found.url;
};
