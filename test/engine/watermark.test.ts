/** Which commits hold back whose replies. */
import { describe, expect, it } from 'vitest';
import { Watermark } from '../../edge/engine/watermark.ts';

describe('Watermark', () => {
  it('holds back only the merchant whose rows changed, and whoever sees all', () => {
    const watermark = new Watermark();
    watermark.touch('sales', 'A', 5n);
    expect(watermark.pending(['sales'], 'A', 4n)).toBe(5n);
    expect(watermark.pending(['sales'], 'B', 4n)).toBe(0n);
    expect(watermark.pending(['stock'], 'A', 4n)).toBe(0n);
    expect(watermark.pending(['stock', 'sales'], null, 4n)).toBe(5n);
  });

  it('holds everyone back where rows of no single merchant changed', () => {
    const watermark = new Watermark();
    watermark.touch('rates', null, 6n);
    expect(watermark.pending(['rates'], 'B', 5n)).toBe(6n);
  });

  it('forgets what is durable and nothing else', () => {
    const watermark = new Watermark();
    watermark.touch('sales', 'A', 5n);
    watermark.touch('sales', 'B', 6n);
    watermark.settle(5n);
    expect(watermark.pending(['sales'], 'A', 5n)).toBe(0n);
    expect(watermark.pending(['sales'], 'B', 5n)).toBe(6n);
    watermark.settle(6n);
    expect(watermark.pending(['sales'], null, 6n)).toBe(0n);
  });
});
