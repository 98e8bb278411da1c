from django.urls import path

from audit.views import exports, logs, proofs, public, saved_views, state, timelines

app_name = "audit"
urlpatterns = [
    path("audit/billing/", logs.billing_log, name="billing_log"),
    path("audit/billing/<uuid:id>/", logs.billing_entry, name="billing_entry"),
    path("audit/billing/export/", exports.billing_export, name="billing_export"),
    path("audit/billing/views/", saved_views.billing_view_save, name="billing_view_save"),
    path("audit/billing/views/<uuid:id>/", saved_views.billing_view_edit, name="billing_view_edit"),
    path("audit/billing/views/<uuid:id>/delete/", saved_views.billing_view_delete, name="billing_view_delete"),
    path("audit/security/", logs.security_log, name="security_log"),
    path("audit/security/<uuid:id>/", logs.security_entry, name="security_entry"),
    path("audit/security/export/", exports.security_export, name="security_export"),
    path("audit/security/views/", saved_views.security_view_save, name="security_view_save"),
    path("audit/security/views/<uuid:id>/", saved_views.security_view_edit, name="security_view_edit"),
    path("audit/security/views/<uuid:id>/delete/", saved_views.security_view_delete, name="security_view_delete"),
    path("audit/history/<slug:object_type>/<uuid:object_id>/", timelines.history, name="history"),
    path("audit/people/<slug:actor_type>/<str:actor_id>/", timelines.billing_person, name="billing_person"),
    path("audit/people/<slug:actor_type>/<str:actor_id>/security/", timelines.security_person, name="security_person"),
    path("audit/exports/", exports.export_list, name="export_list"),
    path("audit/proofs/billing/<uuid:id>/", proofs.billing_proof, name="billing_proof"),
    path("audit/proofs/security/<uuid:id>/", proofs.security_proof, name="security_proof"),
    path("audit/proofs/history/<slug:object_type>/<uuid:object_id>/", proofs.history_proof, name="history_proof"),
    path("audit/consistency/", proofs.consistency, name="consistency"),
    path("audit/state/", state.state, name="state"),
    path("audit/state/checkpoints/", state.checkpoint_list, name="state_checkpoints"),
    path("audit/state/checkpoints/<int:number>/", state.checkpoint, name="state_checkpoint"),
    path("log/", public.log, name="public_log"),
    path("log/checkpoint", public.checkpoint, name="public_checkpoint"),
    path("log/tile/<path:name>", public.tile, name="public_tile"),
    path("log/keys", public.keys, name="public_keys"),
    path("log/invoiced_log.py", public.tool, name="public_tool"),
    path("log/log-format.md", public.formats, name="public_formats"),
]
