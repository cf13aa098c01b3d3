// Opens the authority of a folder at once; prints the codes of what it tells, or that of its error and the reason. Runs the built package.
import { openAuthority } from '../../../dist/tls/authority.js';

try {
  const { problems } = await openAuthority({ folder: process.argv[2], suffixes: ['localhost'] });
  process.stdout.write(JSON.stringify(problems.map(({ code }) => code)));
} catch ({ code, message }) {
  process.stdout.write(JSON.stringify([code, /: ([^:]*)\.$/.exec(message)?.[1]]));
}
