from django.urls import path

from . import views

app_name = "learning"
urlpatterns = [
    path("", views.gate_list, name="gate_list"),
    path("gates/<int:pk>/", views.gate_detail, name="gate_detail"),
    path("gates/<int:pk>/adopt/", views.gate_adopt, name="gate_adopt"),
    path("adoptions/<int:pk>/put-back/", views.adoption_put_back, name="adoption_put_back"),
    path("rules/", views.rule_list, name="rule_list"),
    path("rules/<int:pk>/", views.rule_detail, name="rule_detail"),
    path("rules/<int:pk>/pause/", views.rule_pause, name="rule_pause"),
    path("rules/<int:pk>/resume/", views.rule_resume, name="rule_resume"),
    path("rules/<int:pk>/retire/", views.rule_retire, name="rule_retire"),
    path("proposals/<int:pk>/", views.proposal_detail, name="proposal_detail"),
    path("proposals/<int:pk>/accept/", views.proposal_accept, name="proposal_accept"),
    path("proposals/<int:pk>/dismiss/", views.proposal_dismiss, name="proposal_dismiss"),
]
