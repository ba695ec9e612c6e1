/** The organisation that the demo plays, and the people in it. */

export type Shares = { cpu_limit: number; ram_gb_limit: number };
export type SitePlan = Record<string, Shares>;

type TeamPlan = { name: string; lead: string; quota: SitePlan; projects: ProjectPlan[] };
type DepartmentPlan = { name: string; admin: string; quota: SitePlan; teams: TeamPlan[] };
type FieldPlan = { name: string; admin: string; servers: Record<string, number>; departments: DepartmentPlan[] };
type CenterPlan = { name: string; fields: FieldPlan[] };
type ProjectPlan = {
  name: string;
  site: string;
  sla_type: 'bronze' | 'silver' | 'gold';
  performance_tier: 'regular' | 'high_performance';
};

const quota = (cpu_limit: number, ram_gb_limit: number): Shares => ({ cpu_limit, ram_gb_limit });
const project = (
  name: string,
  site: string,
  sla_type: ProjectPlan['sla_type'],
  performance_tier: ProjectPlan['performance_tier'] = 'regular',
): ProjectPlan => ({ name, site, sla_type, performance_tier });

/** The one project of the seed that Argo CD refuses, so that a failure can be looked at. */
export const FAILING_PROJECT = 'beam-steering';

/** The admin who may do everything; the only one in the directory before the organisation exists. */
export const CENTER_ADMIN = 'noa';

/** Who is printed as the sign-in of each role. */
export const PRINTED = {
  center_admin: CENTER_ADMIN,
  field_admin: 'amir',
  dept_admin: 'dana',
  team_lead: 'yael',
} as const;

export const PASSWORD = 'infrahub-demo';

/** Where two servers break after their capacity was granted, so that an over-allocated field can be looked at. */
export const BROKEN = { field: 'Communications', site: 'tel-aviv', servers: 2 };

export const ORGANISATION: CenterPlan[] = [
  {
    name: 'Northern Center',
    fields: [
      {
        name: 'Imaging',
        admin: 'amir',
        servers: { haifa: 8, 'tel-aviv': 4 },
        departments: [
          {
            name: 'Vision',
            admin: 'dana',
            quota: { haifa: quota(128, 512), 'tel-aviv': quota(64, 256) },
            teams: [
              {
                name: 'Detection',
                lead: 'yael',
                quota: { haifa: quota(64, 256), 'tel-aviv': quota(24, 96) },
                projects: [
                  project('edge-models', 'haifa', 'gold'),
                  project('training', 'haifa', 'gold', 'high_performance'),
                  project('inference', 'haifa', 'silver', 'high_performance'),
                  project('annotation', 'tel-aviv', 'silver'),
                ],
              },
              {
                name: 'Tracking',
                lead: 'omer',
                quota: { haifa: quota(40, 160), 'tel-aviv': quota(24, 96) },
                projects: [
                  project('fusion', 'haifa', 'gold', 'high_performance'),
                  project('replay', 'haifa', 'bronze'),
                  project('benchmarks', 'tel-aviv', 'gold'),
                ],
              },
            ],
          },
          {
            name: 'Radar',
            admin: 'gil',
            quota: { haifa: quota(72, 288) },
            teams: [
              {
                name: 'Signal',
                lead: 'tamar',
                quota: { haifa: quota(48, 192) },
                projects: [project('waveform-lab', 'haifa', 'gold'), project(FAILING_PROJECT, 'haifa', 'bronze')],
              },
            ],
          },
        ],
      },
      {
        name: 'Navigation',
        admin: 'lior',
        servers: { haifa: 4, 'beer-sheva': 4 },
        departments: [
          {
            name: 'Inertial',
            admin: 'maya',
            quota: { haifa: quota(48, 192), 'beer-sheva': quota(96, 384) },
            teams: [
              {
                name: 'Calibration',
                lead: 'eitan',
                quota: { haifa: quota(16, 64), 'beer-sheva': quota(64, 256) },
                projects: [
                  project('drift-study', 'beer-sheva', 'gold', 'high_performance'),
                  project('rate-table', 'beer-sheva', 'silver'),
                ],
              },
            ],
          },
        ],
      },
    ],
  },
  {
    name: 'Southern Center',
    fields: [
      {
        name: 'Communications',
        admin: 'shira',
        servers: { 'beer-sheva': 6, 'tel-aviv': 5 },
        departments: [
          {
            name: 'Networks',
            admin: 'ron',
            quota: { 'beer-sheva': quota(144, 576), 'tel-aviv': quota(128, 512) },
            teams: [
              {
                name: 'Mesh',
                lead: 'adi',
                quota: { 'beer-sheva': quota(64, 256), 'tel-aviv': quota(32, 128) },
                projects: [
                  project('routing', 'beer-sheva', 'gold'),
                  project('simulator', 'beer-sheva', 'gold', 'high_performance'),
                  project('field-trial', 'tel-aviv', 'silver', 'high_performance'),
                ],
              },
            ],
          },
        ],
      },
    ],
  },
];
