"""A decision table to look at and to ask."""

DISCOUNT = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="discounts"
    name="Discounts" namespace="https://controlroom.dev/tests">
  <inputData id="amount_data" name="amount"><variable name="amount" typeRef="number" /></inputData>
  <inputData id="kind_data" name="kind"><variable name="kind" typeRef="string" /></inputData>
  <decision id="discount" name="Discount">
    <variable name="discount" typeRef="number" />
    <informationRequirement id="r1"><requiredInput href="#amount_data" /></informationRequirement>
    <informationRequirement id="r2"><requiredInput href="#kind_data" /></informationRequirement>
    <decisionTable id="table" hitPolicy="FIRST">
      <input id="i1" label="Amount"><inputExpression typeRef="number"><text>amount</text>
      </inputExpression></input>
      <input id="i2" label="Kind of customer"><inputExpression typeRef="string"><text>kind</text>
      </inputExpression></input>
      <output id="o1" name="discount" label="Percent" typeRef="number" />
      <rule id="large"><inputEntry id="a1"><text>&gt;= 1000</text></inputEntry>
        <inputEntry id="a2"><text>"business"</text></inputEntry>
        <outputEntry id="a3"><text>10</text></outputEntry></rule>
      <rule id="any_business"><inputEntry id="b1"><text>-</text></inputEntry>
        <inputEntry id="b2"><text>"business"</text></inputEntry>
        <outputEntry id="b3"><text>5</text></outputEntry></rule>
      <rule id="others"><inputEntry id="c1"><text>-</text></inputEntry>
        <inputEntry id="c2"><text>-</text></inputEntry>
        <outputEntry id="c3"><text>0</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""
