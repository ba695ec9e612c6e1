import { UnstyledButton } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { hierarchy, treemap } from 'd3-hierarchy';
import { count } from '../../ui/format.ts';
import { CapacityBar } from '../capacity/CapacityBar.tsx';
import { quantity, type Resource, segmentsOf, UNIT } from '../capacity/capacity.ts';
import classes from './Treemap.module.css';
import type { Tile } from './tiles.ts';

const HEIGHT = 340;
/** Tiles that are smaller than this say nothing but their name, and then not even that. */
const ROOM_FOR = { name: { width: 56, height: 30 }, all: { width: 92, height: 74 } };

type TreemapProps = { label: string; tiles: Tile[]; resource: Resource; onOpen: (tile: Tile) => void };
type Rectangle = { tile: Tile; x: number; y: number; width: number; height: number };

/** Each holder as a tile as large as its share. Choosing one goes into it. */
export default function Treemap({ label, tiles, resource, onOpen }: TreemapProps) {
  const { ref, width } = useElementSize();
  return (
    <ul ref={ref} className={classes.map} style={{ height: HEIGHT }} aria-label={label}>
      {width > 0 &&
        laidOut(tiles, resource, width).map(({ tile, ...place }) => (
          <li key={tile.id} style={{ left: place.x, top: place.y, width: place.width, height: place.height }}>
            <TileBox tile={tile} resource={resource} {...place} onOpen={onOpen} />
          </li>
        ))}
    </ul>
  );
}

function laidOut(tiles: Tile[], resource: Resource, width: number): Rectangle[] {
  type Datum = { tile?: Tile; children?: Datum[] };
  const root = hierarchy<Datum>({ children: tiles.map((tile) => ({ tile })) }).sum(({ tile }) =>
    tile ? segmentsOf(tile.amounts[resource]).whole : 0,
  );
  return treemap<Datum>()
    .size([width, HEIGHT])
    .paddingInner(4)
    .round(true)(root)
    .leaves()
    .flatMap(({ data: { tile }, x0, y0, x1, y1 }) =>
      tile && x1 > x0 && y1 > y0 ? [{ tile, x: x0, y: y0, width: x1 - x0, height: y1 - y0 }] : [],
    );
}

type TileBoxProps = Rectangle & { resource: Resource; onOpen: (tile: Tile) => void };

function TileBox({ tile, resource, width, height, onOpen }: TileBoxProps) {
  const amount = tile.amounts[resource];
  const fits = (room: { width: number; height: number }) => width >= room.width && height >= room.height;
  const words = described(tile, resource);
  if (tile.kind === 'free') {
    return (
      <div className={classes.tile} data-kind="free" title={words}>
        {fits(ROOM_FOR.name) && <span className={classes.name}>{quantity(amount.capacity, resource)} free</span>}
      </div>
    );
  }
  return (
    <UnstyledButton
      className={classes.tile ?? ''}
      data-kind={tile.kind}
      title={words}
      aria-label={words}
      onClick={() => onOpen(tile)}
    >
      {fits(ROOM_FOR.name) && <span className={classes.name}>{tile.name}</span>}
      {fits(ROOM_FOR.all) && (
        <>
          <span className={classes.numbers}>
            {tile.kind === 'project'
              ? quantity(amount.used, resource)
              : `${count(amount.used)} of ${count(amount.capacity)} ${UNIT[resource]} used`}
          </span>
          {tile.kind !== 'project' && (
            <span className={classes.share}>
              <CapacityBar label={tile.name} resource={resource} amount={amount} size="sm" />
            </span>
          )}
        </>
      )}
    </UnstyledButton>
  );
}

function described({ name, kind, amounts }: Tile, resource: Resource): string {
  const { capacity, granted, used } = amounts[resource];
  if (kind === 'free') return `${quantity(capacity, resource)} are free`;
  if (kind === 'project') return `Project ${name}: ${quantity(used, resource)}`;
  const { over } = segmentsOf(amounts[resource]);
  const excess = over > 0 ? `, over-allocated by ${count(over)}` : '';
  return `${name}, ${kind}: ${quantity(capacity, resource)}, ${count(granted)} granted, ${count(used)} used${excess}`;
}
