// Follows a terminal's output just closely enough to know whether it stands between two escape sequences. Knows no `vscode`.

const ESC = '\u001b';
/** A sequence of parameter, intermediate and final bytes (ECMA-48, 5.4) that has begun and not ended. */
const OPEN_CSI = /^\u001b(?:\[[0-?]*[ -/]*|[ -/]*)$/;
/** OSC, DCS, SOS, PM and APC: text until BEL or ST. */
const STRING_OPENERS = ']PX^_';

export class EscapeTracker {
  private inString = false;
  /** What of an open sequence has come. */
  private tail = '';

  /** Whether something may be put between what has come and what will. */
  get isBetween(): boolean {
    return !this.inString && this.tail === '';
  }

  push(chunk: string): void {
    const text = this.tail + chunk;
    this.tail = '';
    let at = this.inString ? this.endOfString(text, 0) : text.indexOf(ESC);
    while (at !== -1 && at < text.length) {
      if (text.charAt(at) !== ESC) at = text.indexOf(ESC, at);
      if (at === -1) return;
      const opener = text.charAt(at + 1);
      if (opener !== '' && STRING_OPENERS.includes(opener)) {
        this.inString = true;
        at = this.endOfString(text, at + 2);
      } else if (text.length - at <= LONGEST_CSI && OPEN_CSI.test(text.slice(at))) {
        this.tail = text.slice(at);
        return;
      } else {
        at += 1;
        at = text.indexOf(ESC, at);
      }
    }
  }

  /** Where the text goes on after the string that is open, or -1 if it is open still. */
  private endOfString(text: string, from: number): number {
    for (let at = from; at < text.length; at += 1) {
      const char = text.charAt(at);
      if (char === '\u0007') return this.closeString(at + 1);
      if (char !== ESC) continue;
      if (at + 1 === text.length) {
        this.tail = ESC;
        return -1;
      }
      // ESC ends a string even if it is not that of ST: the terminal takes it for the next sequence.
      return this.closeString(text.charAt(at + 1) === '\\' ? at + 2 : at);
    }
    return -1;
  }

  private closeString(at: number): number {
    this.inString = false;
    return at;
  }
}

/** No sequence that is longer is worth waiting for. */
const LONGEST_CSI = 256;
