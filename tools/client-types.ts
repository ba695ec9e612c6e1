import { basename, resolve } from 'node:path';
import ts from 'typescript';
import { HTTP_STATUS } from '../server/platform/errors.ts';
import type { Meta } from '../server/platform/trpc.ts';

/** What the running router knows of a procedure. */
export type Procedure = { _def: { type: 'query' | 'mutation' | 'subscription'; meta?: Meta } };
type Procedures = Record<string, Procedure>;
/** Input and output of a procedure as TypeScript, printed whole. */
type Printed = Record<string, [input: string, output: string]>;

const SOURCE = resolve('server/client');
/** A file that exists only for the compiler. */
const QUESTION = resolve(SOURCE, 'question.ts');

/**
 * The client's declarations, by file name. What is inferred from the router's schemas is printed as plain types, so that
 * the package needs neither tRPC nor zod nor anything of the server.
 */
export function clientDeclarations(procedures: Procedures): Map<string, string> {
  const program = programWith(question(Object.keys(procedures)));
  const files = new Map([['api.d.ts', apiDeclaration(procedures, printed(program))]]);
  const sources = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${SOURCE}/`));
  for (const source of sources) {
    if (source.fileName === QUESTION || basename(source.fileName) === 'api.ts') continue;
    const keep = (name: string, text: string) =>
      files.set(basename(name), text.replace(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"));
    program.emit(source, keep, undefined, true);
  }
  return files;
}

function programWith(text: string): ts.Program {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, '.');
  const emitting = { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true };
  const host = ts.createCompilerHost(emitting);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === QUESTION || fileExists(name);
  host.getSourceFile = (name, language) =>
    name === QUESTION ? ts.createSourceFile(name, text, language) : getSourceFile(name, language);
  return ts.createProgram([resolve(SOURCE, 'index.ts'), QUESTION], emitting, host);
}

const question = (paths: string[]): string => `
  import type { AnyTRPCProcedure, inferProcedureInput, inferProcedureOutput } from '@trpc/server';
  import type { AppRouter } from '../router.ts';
  type Plain<T> = T extends (infer Item)[] ? Plain<Item>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
  type Told<Output> = Output extends AsyncIterable<infer Item> ? Item : Output;
  type Answer<P extends AnyTRPCProcedure> = { input: Plain<inferProcedureInput<P>>; output: Plain<Told<inferProcedureOutput<P>>> };
  type Record = AppRouter['_def']['record'];
  export type Answers = {
    ${paths.map((path) => `'${path}': Answer<Record['${path.replaceAll('.', "']['")}']>;`).join('\n')}
  };
`;

function printed(program: ts.Program): Printed {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(QUESTION);
  const answers = source?.statements.filter(ts.isTypeAliasDeclaration).find(({ name }) => name.text === 'Answers');
  if (!answers) throw new Error('nothing was asked');
  const { NoTruncation, InTypeAlias } = ts.TypeFormatFlags;
  const print = (of: ts.Type, name: string): string => {
    const property = checker.getPropertyOfType(of, name);
    if (!property) throw new Error(`nothing was told of its ${name}`);
    return checker.typeToString(checker.getTypeOfSymbol(property), undefined, NoTruncation | InTypeAlias);
  };
  return Object.fromEntries(
    checker.getPropertiesOfType(checker.getTypeAtLocation(answers)).map((property) => {
      const answer = checker.getTypeOfSymbol(property);
      return [property.name, [print(answer, 'input'), print(answer, 'output')]];
    }),
  );
}

type Tree = { [name: string]: Tree | string };

function apiDeclaration(procedures: Procedures, types: Printed): string {
  const tree: Tree = {};
  for (const [path, { _def }] of Object.entries(procedures)) {
    const kind = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' }[_def.type];
    const [input, output] = types[path] ?? [];
    place(tree, path.split('.'), `${comment(_def.meta)}%: ${kind}<${input}, ${output}>;`);
  }
  const codes = Object.keys(HTTP_STATUS).map((code) => `'${code}'`);
  return formatted(`import type { Mutation, Query, Subscription } from './calls.js';

/** Every code with which InfraHub refuses. */
export type ErrorCode = ${codes.join(' | ')};

/** Every procedure of InfraHub. */
export type InfraHubApi = ${written(tree)};
`);
}

const formatted = (text: string): string =>
  ts.createPrinter().printFile(ts.createSourceFile('api.d.ts', text, ts.ScriptTarget.Latest));

const comment = (meta: Meta | undefined): string => (meta?.openapi ? `/** ${meta.openapi.summary}. */\n` : '');

function place(tree: Tree, [name = '', ...rest]: string[], text: string): void {
  if (rest.length === 0) {
    tree[name] = text.replace('%', name);
    return;
  }
  const inner = tree[name];
  const below = typeof inner === 'object' ? inner : {};
  tree[name] = below;
  place(below, rest, text);
}

const written = (tree: Tree): string =>
  `{\n${Object.entries(tree)
    .map(([name, inner]) => (typeof inner === 'string' ? inner : `${name}: ${written(inner)};`))
    .join('\n')}\n}`;
