{{/* Labels of everything that belongs to one entry; takes the entry. */}}
{{- define "tenants.labels" -}}
app.kubernetes.io/managed-by: infrahub
infrahub.io/team: {{ .team_id | quote }}
infrahub.io/site: {{ .site | quote }}
infrahub.io/sla: {{ .sla | quote }}
infrahub.io/tier: {{ .tier | quote }}
{{- end }}
