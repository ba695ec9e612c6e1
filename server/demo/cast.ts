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

export const ORGANISATION: CenterPlan[] = [
  {
    name: 'Northern Center',
    fields: [
      {
        name: 'Imaging',
        admin: 'amir',
        servers: { haifa: 24, 'tel-aviv': 12 },
        departments: [
          {
            name: 'Vision',
            admin: 'dana',
            quota: { haifa: quota(480, 1920), 'tel-aviv': quota(240, 960) },
            teams: [
              {
                name: 'Detection',
                lead: 'yael',
                quota: { haifa: quota(160, 640), 'tel-aviv': quota(64, 256) },
                projects: [
                  project('edge-models', 'haifa', 'gold'),
                  project('training', 'haifa', 'gold', 'high_performance'),
                  project('annotation', 'tel-aviv', 'silver'),
                ],
              },
              {
                name: 'Tracking',
                lead: 'omer',
                quota: { haifa: quota(120, 480) },
                projects: [project('fusion', 'haifa', 'silver', 'high_performance')],
              },
            ],
          },
          {
            name: 'Radar',
            admin: 'gil',
            quota: { haifa: quota(240, 960) },
            teams: [
              {
                name: 'Signal',
                lead: 'tamar',
                quota: { haifa: quota(96, 384) },
                projects: [project('waveform-lab', 'haifa', 'silver'), project(FAILING_PROJECT, 'haifa', 'bronze')],
              },
            ],
          },
        ],
      },
      {
        name: 'Navigation',
        admin: 'lior',
        servers: { haifa: 10, 'beer-sheva': 8 },
        departments: [
          {
            name: 'Inertial',
            admin: 'maya',
            quota: { haifa: quota(200, 800), 'beer-sheva': quota(120, 480) },
            teams: [
              {
                name: 'Calibration',
                lead: 'eitan',
                quota: { haifa: quota(80, 320), 'beer-sheva': quota(40, 160) },
                projects: [project('drift-study', 'beer-sheva', 'gold')],
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
        servers: { 'beer-sheva': 20, 'tel-aviv': 6 },
        departments: [
          {
            name: 'Networks',
            admin: 'ron',
            quota: { 'beer-sheva': quota(400, 1600) },
            teams: [
              {
                name: 'Mesh',
                lead: 'adi',
                quota: { 'beer-sheva': quota(128, 512) },
                projects: [project('routing', 'beer-sheva', 'silver'), project('simulator', 'beer-sheva', 'bronze')],
              },
            ],
          },
        ],
      },
    ],
  },
];
