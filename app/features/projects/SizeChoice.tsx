import { performanceTier } from '../../../server/platform/schema.ts';
import { slaType } from '../../../server/projects/projects.schema.ts';
import { ChoiceCards } from '../../ui/ChoiceCards.tsx';
import { count } from '../../ui/format.ts';
import { TierName } from '../capacity/TierName.tsx';
import type { Choice, Kind } from './choices.ts';
import { SLA_NAME } from './words.ts';

type SizeChoiceProps = {
  kind: Kind;
  /** What each SLA and tier would cost, and why it may be impossible; undefined while it is asked for. */
  choiceOf: (kind: Kind) => Choice | undefined;
  onChange: (change: Partial<Kind>) => void;
};

/** SLA and tier, each choice with what it costs. */
export function SizeChoice({ kind, choiceOf, onChange }: SizeChoiceProps) {
  const described = (choice: Choice | undefined) => ({
    text: choice ? `${count(choice.cost.cpu)} cores, ${count(choice.cost.ram_gb)} GiB` : '…',
    impossible: choice?.short,
  });
  return (
    <>
      <ChoiceCards
        label="SLA"
        value={kind.sla_type}
        onChange={(sla_type) => onChange({ sla_type })}
        choices={slaType.options.map((value) => ({
          value,
          title: SLA_NAME[value],
          ...described(choiceOf({ ...kind, sla_type: value })),
        }))}
      />
      <ChoiceCards
        label="Performance tier"
        value={kind.performance_tier}
        onChange={(performance_tier) => onChange({ performance_tier })}
        choices={performanceTier.options.map((value) => ({
          value,
          title: <TierName tier={value} />,
          ...described(choiceOf({ ...kind, performance_tier: value })),
        }))}
      />
    </>
  );
}
