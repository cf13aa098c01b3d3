import { loadSettings } from '../../config/load.ts';
import { fail } from '../../model/problem.ts';
import type { Service, Workstream } from '../../model/workstream.ts';
import { printText } from '../report.ts';
import { failureOf, serviceOf, workstreamOf } from './lookup.ts';
import type { SettingOptions } from './setting-options.ts';

/** `sidings open [SERVICE]`: the address of a service of the current copy in the browser; without a terminal it is only printed. */
export const open = async (
  service: string | undefined,
  { dir, ...flags }: SettingOptions & { readonly dir?: string },
): Promise<number> => {
  const { workstream, daemon } = await workstreamOf(dir ?? process.cwd(), await loadSettings({ flags }));
  const { name, url, localUrl } = service === undefined ? pageOf(workstream) : serviceOf(workstream, service);
  // Without a proxy, its addresses lead nowhere.
  const address = daemon ? url : localUrl;
  if (address === undefined) throw fail('service-not-http', { name: workstream.name, service: name });
  printText(`${address}\n`);
  if (!process.stdout.isTTY || process.env.CI) return 0;
  const { default: browse } = await import('open');
  await browse(address);
  return 0;
};

/** The service that the bare name leads to, else the first that has an address. */
const pageOf = (workstream: Workstream): Service => {
  const pages = workstream.services.filter(({ url }) => url !== undefined);
  const page = pages.find((service) => service.default) ?? pages[0];
  if (page === undefined)
    throw failureOf(workstream) ?? fail('service-not-http', { name: workstream.name, service: 'any' });
  return page;
};
