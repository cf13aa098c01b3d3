import type { CopyClaim, ServiceClaim } from '../../src/model/workstream.ts';

/** What a provider says of a service, and of a copy with slot 3. */
export const service = (name: string, port: number, more: Partial<ServiceClaim> = {}): ServiceClaim => ({
  name,
  kind: 'http',
  upstream: { host: 'localhost', port },
  isDefault: false,
  subdomains: false,
  health: undefined,
  ...more,
});

export const copy = (name: string, services: readonly ServiceClaim[], directory = `/code/${name}`): CopyClaim => ({
  name,
  project: 'project',
  mode: 'workstream',
  slot: 3,
  directory,
  branch: undefined,
  services,
  problems: [],
});
