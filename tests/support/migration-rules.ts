/** What the version before would stumble over, or wait for, while it still serves. */
const CONTRACTIONS: [what: string, pattern: RegExp][] = [
  ['drops what the version before uses', /\bDROP\s+(TABLE|COLUMN|TYPE|VIEW|FUNCTION|TRIGGER|SCHEMA|DEFAULT)\b/i],
  ['renames what the version before uses', /\bRENAME\b/i],
  ['changes a type, for which the table is rewritten', /\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b/i],
  ['refuses what the version before writes', /\bSET\s+NOT\s+NULL\b/i],
  ['adds a column that the version before does not fill', /\bADD\s+COLUMN\b(?!.*\bDEFAULT\b).*\bNOT\s+NULL\b/is],
  ['adds a rule that the version before may break', /\bADD\s+CONSTRAINT\b(?!.*\bNOT\s+VALID\b)/is],
  ['adds a rule that the version before may break', /\bCREATE\s+UNIQUE\s+INDEX\b/i],
];

const MARK = /^-- contract: since \d+\.\d+\.\d+ \S.+$/m;

/**
 * The statements of a migration that are not safe while the version before serves, each with why. Not what it does to
 * tables that it makes itself, nor what is marked with the version that stopped using it:
 * `-- contract: since 1.4.0 nothing reads projects.owner`.
 */
export function contractionsIn(sql: string): string[] {
  const made = new Set([...sql.matchAll(/\bCREATE\s+TABLE\s+"?(\w+)"?/gi)].map((match) => match[1]));
  const statements = sql.split('--> statement-breakpoint').filter((statement) => !MARK.test(statement));
  return statements.flatMap((statement) => {
    const text = statement.replaceAll(/^\s*--.*$/gm, '').trim();
    const table = /\b(?:ALTER\s+TABLE(?:\s+ONLY)?|\bON)\s+"?(\w+)"?/i.exec(text)?.[1];
    if (made.has(table)) return [];
    const found = CONTRACTIONS.find(([, pattern]) => pattern.test(text));
    return found ? [`${text.slice(0, 120)}: ${found[0]}`] : [];
  });
}
