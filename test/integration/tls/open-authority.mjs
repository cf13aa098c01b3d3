// Opens the authority of a folder when it is told to. Runs the built package, as a daemon does.
import { openAuthority } from '../../../dist/tls/authority.js';

const [folder, ...suffixes] = process.argv.slice(2);
process.on('message', async () => {
  try {
    const { root, problems } = await openAuthority({ folder, suffixes });
    process.send({ fingerprint: root.certificate.fingerprint256, codes: problems.map(({ code }) => code) });
  } catch (error) {
    process.send({ error: String(error), codes: [] });
  }
  process.disconnect();
});
process.send('ready');
