# The dashboard: five visuals on one sheet, and filters for each column that people ask by.

resource "aws_quicksight_dashboard" "reads" {
  count = local.quicksight

  dashboard_id        = "${var.name_prefix}-reads"
  name                = "${var.name_prefix}: who read our secrets"
  version_description = "Made by Terraform"
  tags                = var.tags

  definition {
    data_set_identifiers_declarations {
      identifier   = local.dataset
      data_set_arn = aws_quicksight_data_set.reads[0].arn
    }

    sheets {
      sheet_id = "reads"
      name     = "Reads"

      visuals {
        line_chart_visual {
          visual_id = "trend"

          title {
            format_text {
              plain_text = "Reads by day"
            }
          }

          chart_configuration {
            field_wells {
              line_chart_aggregated_field_wells {
                category {
                  date_dimension_field {
                    field_id         = "trend-day"
                    date_granularity = "DAY"

                    column {
                      data_set_identifier = local.dataset
                      column_name         = "event_time"
                    }
                  }
                }

                values {
                  categorical_measure_field {
                    field_id             = "trend-reads"
                    aggregation_function = "COUNT"

                    column {
                      data_set_identifier = local.dataset
                      column_name         = "event_time_text"
                    }
                  }
                }
              }
            }
          }
        }
      }

      visuals {
        pie_chart_visual {
          visual_id = "types"

          title {
            format_text {
              plain_text = "Kinds of principals"
            }
          }

          chart_configuration {
            field_wells {
              pie_chart_aggregated_field_wells {
                category {
                  categorical_dimension_field {
                    field_id = "types-type"

                    column {
                      data_set_identifier = local.dataset
                      column_name         = "principal_type"
                    }
                  }
                }

                values {
                  categorical_measure_field {
                    field_id             = "types-reads"
                    aggregation_function = "COUNT"

                    column {
                      data_set_identifier = local.dataset
                      column_name         = "event_time_text"
                    }
                  }
                }
              }
            }
          }
        }
      }

      visuals {
        bar_chart_visual {
          visual_id = "principals"

          title {
            format_text {
              plain_text = "Readers"
            }
          }

          chart_configuration {
            field_wells {
              bar_chart_aggregated_field_wells {
                category {
                  categorical_dimension_field {
                    field_id = "principals-arn"

                    column {
                      data_set_identifier = local.dataset
                      column_name         = "principal_arn"
                    }
                  }
                }

                values {
                  categorical_measure_field {
                    field_id             = "principals-reads"
                    aggregation_function = "COUNT"

                    column {
                      data_set_identifier = local.dataset
                      column_name         = "event_time_text"
                    }
                  }
                }
              }
            }
          }
        }
      }

      visuals {
        table_visual {
          visual_id = "secrets"

          title {
            format_text {
              plain_text = "Secrets"
            }
          }

          chart_configuration {
            field_wells {
              table_aggregated_field_wells {
                group_by {
                  categorical_dimension_field {
                    field_id = "secrets-id"

                    column {
                      data_set_identifier = local.dataset
                      column_name         = "requested_secret_id"
                    }
                  }
                }

                values {
                  categorical_measure_field {
                    field_id             = "secrets-reads"
                    aggregation_function = "COUNT"

                    column {
                      data_set_identifier = local.dataset
                      column_name         = "event_time_text"
                    }
                  }
                }
              }
            }
          }
        }
      }

      visuals {
        table_visual {
          visual_id = "networks"

          title {
            format_text {
              plain_text = "Networks"
            }
          }

          chart_configuration {
            field_wells {
              table_aggregated_field_wells {
                group_by {
                  categorical_dimension_field {
                    field_id = "networks-address"

                    column {
                      data_set_identifier = local.dataset
                      column_name         = "source_address"
                    }
                  }
                }

                values {
                  categorical_measure_field {
                    field_id             = "networks-reads"
                    aggregation_function = "COUNT"

                    column {
                      data_set_identifier = local.dataset
                      column_name         = "event_time_text"
                    }
                  }
                }
              }
            }
          }
        }
      }

      dynamic "filter_controls" {
        for_each = local.filtered_columns

        content {
          dropdown {
            filter_control_id = "control-${filter_controls.key}"
            source_filter_id  = "filter-${filter_controls.key}"
            title             = filter_controls.value
            type              = "MULTI_SELECT"
          }
        }
      }
    }

    dynamic "filter_groups" {
      for_each = local.filtered_columns

      content {
        filter_group_id = "group-${filter_groups.key}"
        cross_dataset   = "SINGLE_DATASET"
        status          = "ENABLED"

        filters {
          category_filter {
            filter_id = "filter-${filter_groups.key}"

            column {
              data_set_identifier = local.dataset
              column_name         = filter_groups.key
            }

            configuration {
              filter_list_configuration {
                match_operator     = "CONTAINS"
                select_all_options = "FILTER_ALL_VALUES"
              }
            }
          }
        }

        scope_configuration {
          selected_sheets {
            sheet_visual_scoping_configurations {
              sheet_id = "reads"
              scope    = "ALL_VISUALS"
            }
          }
        }
      }
    }
  }

  dynamic "permissions" {
    for_each = var.quicksight_principal_arns

    content {
      principal = permissions.value
      actions   = local.dashboard_actions
    }
  }
}

locals {
  # Column → title of its filter.
  filtered_columns = {
    principal_type      = "Kind of principal"
    principal_arn       = "Reader"
    requested_secret_id = "Secret"
    source_address      = "Address"
    region              = "Region"
  }
}
