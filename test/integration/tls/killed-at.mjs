// Ends its process without a word at one of its calls that change the disk: at the KILLED_AT-th before it does anything, or with KILLED=half at
// the KILLED_AT-th that writes a file, of which half is there then.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { KILLED_AT, KILLED } = process.env;
let calls = 0;

const writeHalf = (file, text, { mode }) => fs.writeFileSync(file, text.slice(0, text.length / 2), { mode });

const endAt =
  (call, module, first) =>
  (...args) => {
    calls += 1;
    if (calls === Number(KILLED_AT)) {
      first(...args);
      process.kill(process.pid, 'SIGKILL');
    }
    return call.apply(module, args);
  };

const calling = KILLED === 'half' ? ['writeFile'] : ['mkdir', 'mkdtemp', 'writeFile', 'rename', 'rm', 'rmdir', 'chmod'];
for (const name of calling) {
  for (const module of [fs, fs.promises])
    if (module[name] !== undefined)
      module[name] = endAt(module[name], module, KILLED === 'half' ? writeHalf : () => {});
}
syncBuiltinESMExports();
