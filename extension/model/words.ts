// A command line as people type it, split into words and put together again. Quotes and backslashes as in a shell; nothing is expanded.

/** @returns the words, or undefined if a quote is not closed or a backslash ends the line. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (quote !== '' && char === quote) {
      quote = '';
    } else if (quote === "'" || (quote === '"' && char !== '\\')) {
      word = (word ?? '') + char;
    } else if (char === '\\') {
      at += 1;
      if (at === line.length) return undefined;
      word = (word ?? '') + unescaped(line.charAt(at), quote);
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') return undefined;
  return word === undefined ? words : [...words, word];
}

/** Between double quotes a backslash stands for itself, unless it precedes what it would hide. */
function unescaped(char: string, quote: string): string {
  return quote === '"' && !'"\\$`'.includes(char) ? `\\${char}` : char;
}

/** The inverse of {@link splitWords}. */
export function joinWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
