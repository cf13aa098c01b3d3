// Writes what is derived from the source: docs/errors.md, and the types, the validators and the published JSON Schemas of the two files.
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

/** The TypeScript type of what a schema takes. Written out, so that those who use the package need no schema library for its types. */
const typeOf = ({ enum: values, anyOf, type, items, properties = {}, required = [], patternProperties }) => {
  if (values) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (anyOf) return anyOf.map(typeOf).join(' | ');
  if (type === 'integer') return 'number';
  if (type === 'array') return `(${typeOf(items)})[]`;
  if (type !== 'object') return type;
  if (patternProperties) return `Record<string, ${typeOf(Object.values(patternProperties)[0])}>`;
  const members = Object.entries(properties).map(([name, schema]) => {
    const comment = schema.description ? `/** ${schema.description.replaceAll('*/', '')} */\n` : '';
    return `${comment}${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};\n`;
  });
  return `{\n${members.join('')}}`;
};

// Ajv compiles a schema while the program starts, which costs more than all the rest of stack-env. So it is done here, once.
const validator = (schema, type) => {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    code: { source: true, esm: true, lines: true },
  });
  const code = standaloneCode.default(ajv, ajv.compile(schema));
  if (code.includes('require(')) throw new Error('The schema uses a keyword whose validator needs Ajv at run time.');
  // What TypeScript would infer is no valid declaration.
  const typed = code
    .replace(/^export const validate = (\w+);$/m, 'export const validate: (data: unknown) => boolean = $1;')
    .replace(/^export default \w+;$/m, '');
  return `// Generated from the schema beside it by \`npm run generate\`.\n// @ts-nocheck\nexport type ${type} = ${typeOf(schema)};\n${typed}\n`;
};

const schemaFiles = async ({ module, name, type, validatorFile, schemaFile }) => {
  const schema = JSON.parse(JSON.stringify((await import(module))[name]));
  return [
    [validatorFile, validator(schema, type)],
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
    type: 'ProjectFile',
    validatorFile: 'src/resolver/project-file.generated.ts',
    schemaFile: 'config/project-file.schema.json',
  },
  {
    module: '../dist/config/settings.schema.js',
    name: 'settingsSchema',
    type: 'SettingsFile',
    validatorFile: 'src/config/settings.generated.ts',
    schemaFile: 'config/settings.schema.json',
  },
].filter(({ module }) => existsSync(new URL(module, import.meta.url)));

const files = [['docs/errors.md', await errorsPage()], ...(await Promise.all(schemas.map(schemaFiles))).flat()];

const check = process.argv.includes('--check');
const stale = files.filter(([file, text]) => !existsSync(root + file) || readFileSync(root + file, 'utf8') !== text);
if (check && stale.length > 0) {
  console.log(`Not current: ${stale.map(([file]) => file).join(', ')}. Run: npm run build; npm run generate`);
  process.exit(1);
}
for (const [file, text] of check ? [] : stale) writeFileSync(root + file, text);
