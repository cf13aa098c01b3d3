// What a first start leaves on the disk: a root in the certificate folder, and the slot of a copy in the state folder. Runs the built package.
import { resolveCopy } from '../../../dist/resolver/resolve.js';
import { openAuthority } from '../../../dist/tls/authority.js';

const [folder, settings] = process.argv.slice(2);
await openAuthority({ folder: `${folder}/certs`, suffixes: ['localhost'] });
await resolveCopy(`${folder}/feature`, JSON.parse(settings));
