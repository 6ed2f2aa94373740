/** Horizontal bars as SVG. */

/** A group of bars under one label. */
export interface Group {
  readonly label: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly name: string;
  readonly value: number;
}

export interface Chart {
  readonly title: string;
  /** After each value. */
  readonly unit: string;
  readonly groups: readonly Group[];
}

const width = 760;
const left = 250;
const right = 90;
const barHeight = 16;
const groupGap = 14;
const top = 40;
const colours = ['#4269d0', '#bbbbbb', '#efb118', '#3ca951'];

/** The bars of all groups have one scale; equal names have one colour. */
export function chartSvg({ title, unit, groups }: Chart): string {
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  const largest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)), Number.MIN_VALUE);
  const scale = (width - left - right) / largest;
  const lines: string[] = [];
  let y = top;
  for (const { label, bars } of groups) {
    lines.push(text(left - 8, y + (bars.length * barHeight) / 2 + 4, label, 'end'));
    for (const { name, value } of bars) {
      const colour = colours[names.indexOf(name) % colours.length] ?? '';
      const length = Math.max(1, value * scale);
      lines.push(
        `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${barHeight - 3}" fill="${colour}"/>`,
      );
      lines.push(text(left + length + 5, y + barHeight - 6, `${format(value)} ${unit}`, 'start'));
      y += barHeight;
    }
    y += groupGap;
  }
  const legend = names.map((name, place) => {
    const x = left + place * 150;
    return `<rect x="${x}" y="${y}" width="11" height="11" fill="${colours[place % colours.length] ?? ''}"/>${text(x + 16, y + 10, name, 'start')}`;
  });
  const height = y + 26;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="22" font-size="15">${escaped(title)}</text>`,
    ...lines,
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, content: string, anchor: 'start' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#222222">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function format(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Math.round(value * 100) / 100);
}
