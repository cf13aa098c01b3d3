// Writes what is derived from the source: docs/errors.md, the validators and the published JSON Schemas.
// With --check nothing is written; a file that is not current is a failure.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { root } from './lib.mjs';

const errorsPage = async () => {
  const { errors } = await import('../dist/model/errors.js');
  const rows = Object.entries(errors).map(
    ([code, { message, hint, exit, status }]) =>
      `## \`${code}\`\n\n${message}\n\n${hint}\n\nExit code ${exit}${status ? `, HTTP status ${status}` : ''}.\n`,
  );
  return `# Errors\n\nGenerated from \`src/model/errors.ts\` by \`npm run generate\`. Codes are stable; words in braces are filled in.\n\n${rows.join('\n')}`;
};

// Ajv compiles a schema while the program starts, which costs more than all the rest of stack-env. So it is done here, once.
const validator = (schema) => {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    code: { source: true, esm: true, lines: true },
  });
  const code = standaloneCode.default(ajv, ajv.compile(schema));
  if (code.includes('require(')) throw new Error('The schema uses a keyword whose validator needs Ajv at run time.');
  return `// Generated from the schema beside it by \`npm run generate\`.\n// @ts-nocheck\n${code}\n`;
};

const schemaFiles = async ({ module, name, validatorFile, schemaFile }) => {
  const schema = JSON.parse(JSON.stringify((await import(module))[name]));
  return [
    [validatorFile, validator(schema)],
    [
      schemaFile,
      `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema }, undefined, 2)}\n`,
    ],
  ];
};

const schemas = [
  {
    module: '../dist/resolver/project-file.schema.js',
    name: 'projectFileSchema',
    validatorFile: 'src/resolver/project-file.generated.ts',
    schemaFile: 'config/project-file.schema.json',
  },
  {
    module: '../dist/config/settings.schema.js',
    name: 'settingsSchema',
    validatorFile: 'src/config/settings.generated.ts',
    schemaFile: 'config/settings.schema.json',
  },
].filter(({ module }) => existsSync(new URL(module, import.meta.url)));

const files = [['docs/errors.md', await errorsPage()], ...(await Promise.all(schemas.map(schemaFiles))).flat()];

const check = process.argv.includes('--check');
const stale = files.filter(([file, text]) => !existsSync(root + file) || readFileSync(root + file, 'utf8') !== text);
if (check && stale.length > 0) {
  console.log(`Not current: ${stale.map(([file]) => file).join(', ')}. Run: npm run build && npm run generate`);
  process.exit(1);
}
for (const [file, text] of check ? [] : stale) writeFileSync(root + file, text);
