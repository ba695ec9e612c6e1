import { UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { hierarchy, treemap } from 'd3-hierarchy';
import { count } from '../../ui/format.ts';
import { CapacityBar } from '../capacity/CapacityBar.tsx';
import { quantity, type Resource, segmentsOf, UNIT } from '../capacity/capacity.ts';
import classes from './Treemap.module.css';
import type { Tile } from './tiles.ts';

/** What a tile is large enough to show; with the least room, nothing. */
const ROOM_FOR = {
  name: { width: 56, height: 30 },
  share: { width: 56, height: 52 },
  numbers: { width: 92, height: 80 },
};

/** What stands above the tiles inside a tile. */
const HEAD = 58;

type TreemapProps = { label: string; tiles: Tile[]; resource: Resource; onOpen: (tile: Tile) => void };
type Size = { width: number; height: number };
type Place = Size & { left: number; top: number };
type Placed = { key: string; tile: Tile; place: Place; isParent: boolean };

/** Each holder as a tile as large as its share, with who holds of it inside. Choosing one goes into it. */
export default function Treemap({ label, tiles, resource, onOpen }: TreemapProps) {
  const { ref, width, height } = useElementSize();
  return (
    <ul ref={ref} className={classes.map} aria-label={label}>
      {width > 0 &&
        laidOut(tiles, resource, { width, height }).map(({ key, tile, place, isParent }) => (
          <li key={key} style={scaled(place, { width, height })} data-parent={isParent || undefined}>
            <TileBox tile={tile} resource={resource} place={place} isParent={isParent} onOpen={onOpen} />
          </li>
        ))}
    </ul>
  );
}

/** In shares of the map: on paper it is of another size than where it was laid out. */
const scaled = ({ left, top, width, height }: Place, whole: Size) => ({
  left: `${(100 * left) / whole.width}%`,
  top: `${(100 * top) / whole.height}%`,
  width: `${(100 * width) / whole.width}%`,
  height: `${(100 * height) / whole.height}%`,
});

type Datum = { tile?: Tile; children?: Datum[] };

const datumOf = (tile: Tile): Datum =>
  tile.inside.length > 0 ? { tile, children: tile.inside.map((child) => ({ tile: child })) } : { tile };

/** Where each tile lies, in pixels; what is inside comes after what it is in. */
function laidOut(tiles: Tile[], resource: Resource, { width, height }: Size): Placed[] {
  const root = hierarchy<Datum>({ children: tiles.map(datumOf) }).sum(({ tile, children }) =>
    tile && !children ? segmentsOf(tile.amounts[resource]).whole : 0,
  );
  const placed = treemap<Datum>()
    .size([width, height])
    .paddingInner(4)
    .paddingOuter(({ depth }) => (depth === 1 ? 6 : 0))
    .paddingTop(({ depth }) => (depth === 1 ? HEAD : 0))
    .round(true)(root);
  return placed.descendants().flatMap(({ data: { tile }, parent, children, x0, y0, x1, y1 }) =>
    tile && x1 > x0 && y1 > y0
      ? {
          key: `${parent?.data.tile?.id} ${tile.id}`,
          tile,
          place: { left: x0, top: y0, width: x1 - x0, height: y1 - y0 },
          isParent: children !== undefined,
        }
      : [],
  );
}

type TileBoxProps = Omit<Placed, 'key'> & { resource: Resource; onOpen: (tile: Tile) => void };

function TileBox({ tile, resource, place, isParent, onOpen }: TileBoxProps) {
  const amount = tile.amounts[resource];
  const fits = (room: Size) => place.width >= room.width && place.height >= room.height;
  const [named, numbered] = [fits(ROOM_FOR.name), fits(ROOM_FOR.numbers)];
  const { numbers, more } = wordsOf(tile, resource);
  const title = [tile.name, numbers, ...more].join(', ');
  if (tile.kind === 'free') {
    return (
      <div className={classes.tile} data-kind="free" title={numbers}>
        {named ? <span className={classes.name}>{numbers}</span> : <VisuallyHidden>{numbers}</VisuallyHidden>}
      </div>
    );
  }
  return (
    <UnstyledButton className={classes.tile ?? ''} data-kind={tile.kind} title={title} onClick={() => onOpen(tile)}>
      {named && <span className={classes.name}>{tile.name} </span>}
      {numbered && <span className={classes.numbers}>{numbers} </span>}
      {fits(ROOM_FOR.share) && tile.kind !== 'project' && !isParent && (
        <span className={classes.share} aria-hidden>
          <CapacityBar label={tile.name} resource={resource} amount={amount} size="fill" />
        </span>
      )}
      <VisuallyHidden>{(named ? [...(numbered ? [] : [numbers]), ...more] : [title]).join(', ')}</VisuallyHidden>
    </UnstyledButton>
  );
}

/** What is told of a tile, after its name: its numbers, and what else there is to say. */
function wordsOf({ kind, amounts }: Tile, resource: Resource): { numbers: string; more: string[] } {
  const { capacity, granted, used } = amounts[resource];
  if (kind === 'free') return { numbers: `${quantity(capacity, resource)} free`, more: [] };
  if (kind === 'project') return { numbers: quantity(used, resource), more: ['project'] };
  const { over } = segmentsOf(amounts[resource]);
  return {
    numbers: `${count(used)} of ${count(capacity)} ${UNIT[resource]} used`,
    more: [`${count(granted)} granted`, kind, ...(over > 0 ? [`over-allocated by ${count(over)}`] : [])],
  };
}
